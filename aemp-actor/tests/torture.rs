//! The delivery contract under fire: random programs under random faults, judged.

use aemp_actor::sim::torture::{Mutation, Options, torture};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn seeds_keep_the_contract() {
    let (from, count) = (number("SEED", 0), number("COUNT", 500));
    let mut bad = 0;
    for seed in from..from + count {
        let report = torture(seed, Options { log: count == 1, ..Options::default() });
        if count == 1 {
            println!("{}", report.log.join("\n"));
        }
        println!(
            "seed {seed}: {} messages {} deliveries {:?} {} violations",
            report.messages,
            report.deliveries,
            report.fired,
            report.violations.len()
        );
        for violation in report.violations.iter().take(2) {
            println!("{violation}");
        }
        bad += usize::from(!report.violations.is_empty());
    }
    assert_eq!(bad, 0);
}

#[test]
fn mutations_are_caught() {
    let mut missed = Vec::new();
    for mutation in Mutation::ALL {
        let options = Options { mutation: Some(mutation), ..Options::default() };
        let caught = (0..200).find_map(|seed| {
            torture(seed, options).violations.first().map(|violation| (seed, violation.clone()))
        });
        match caught {
            Some((seed, violation)) => {
                println!(
                    "{mutation:?} is caught by seed {seed}: {} {}",
                    violation.guarantee, violation.text
                );
            }
            None => missed.push(mutation),
        }
    }
    assert!(missed.is_empty(), "not caught: {missed:?}");
}
