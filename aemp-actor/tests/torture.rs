//! The delivery contract under fire: random programs under random faults, judged.

use aemp_actor::sim::torture::torture;

#[test]
fn seeds_keep_the_contract() {
    let from: u64 = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0);
    let count: u64 = std::env::var("COUNT").ok().and_then(|s| s.parse().ok()).unwrap_or(50);
    let mut bad = 0;
    for seed in from..from + count {
        let report = torture(seed);
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
