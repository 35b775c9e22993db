//! The delivery contract under fire: random programs under random faults, judged against the
//! numbered guarantees; and whether the judge would notice.
//!
//! A violation prints its seed: `cargo run --release -p aemp-torture -- --seed N` replays it.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use aemp_torture::{Mutation, Options, Summary, many, torture, torture_tcp, torture_trees};

const SEEDS: Range<u64> = 0..150;

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[track_caller]
fn assert_kept(summary: &Summary) {
    for (seed, violations) in &summary.violations {
        for violation in violations {
            println!("seed {seed}, {violation}");
        }
    }
    assert_eq!(summary.violations.len(), 0, "seeds with violations");
}

#[test]
fn the_contract_is_kept() {
    let summary = many(SEEDS, threads(), Options::default(), |_, _| {});
    assert_kept(&summary);
    for (fault, count) in summary.faults.by_name() {
        assert!(count > 0, "no {fault}");
    }
    for (name, count) in summary.mesh.by_name() {
        assert!(count > 0, "no {name}");
    }
    for kind in ["normal", "die", "killed", "no_such_port", "transport_error", "shutdown"] {
        assert!(summary.fired.contains_key(kind), "no monitor fired with {kind}");
    }
    assert!(summary.deliveries > 40_000, "{} deliveries", summary.deliveries);
}

#[test]
fn a_seed_replays_exactly() {
    for seed in 0..6 {
        let run = || torture(seed, Options { log: true, ..Options::default() }).log;
        let (first, second) = (run(), run());
        for (index, (a, b)) in first.iter().zip(&second).enumerate() {
            assert_eq!(a, b, "seed {seed}, line {index}");
        }
        assert_eq!(first.len(), second.len());
    }
}

/// The guarantees that may be reported as broken by a bug of this kind, beside those of monitors and
/// of what is kept: most bugs leave something in a table, or take something out.
fn guarantees(mutation: Mutation) -> &'static [u8] {
    match mutation {
        Mutation::LoseMessage => &[2, 5, 6],
        Mutation::DelayMessage => &[1, 2, 5, 6],
        Mutation::RepeatMessage => &[1],
        Mutation::FireTwice => &[3],
        // A link that was cancelled kills.
        Mutation::IgnoreCancel => &[3, 4, 10],
        Mutation::ForgetMonitor | Mutation::CutSilently => &[3, 2],
        Mutation::WrongReason | Mutation::SilentShutdown => &[4],
        Mutation::ForgetLoss | Mutation::AskOnce => &[2],
        Mutation::KillOvertakes | Mutation::LoseKill => &[6, 2],
        Mutation::ReuseName => &[9, 3, 4, 6],
        Mutation::KeepGroups | Mutation::LoseUnregistration | Mutation::KeepDeadMembers => &[12],
        Mutation::LoseLateMonitor | Mutation::LoseMonitor => &[3],
        Mutation::LoseDeath => &[3, 4, 10],
        Mutation::LoseSpawn => &[4, 2],
        Mutation::EarlyOverflow => &[4, 10],
        Mutation::DeathOvertakes => &[5],
        Mutation::SpawnOvertaken => &[4, 2],
        Mutation::NeverSeek => &[13],
        Mutation::LateNotice => &[13, 3, 8],
        // Something is kept, or has no bound, or is not counted.
        _ => &[10],
    }
}

/// Each planted bug is found by a few seeds: with less than this, most of them with less than ten.
const MOST: u64 = 300;

#[test]
fn mutations_are_caught() {
    let next = AtomicUsize::new(0);
    let look = || {
        while let Some(mutation) = Mutation::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            is_caught(*mutation);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(look);
        }
    });
}

fn is_caught(mutation: Mutation) {
    let options = Options { mutation: Some(mutation), ..Options::default() };
    let caught = (0..MOST).find_map(|seed| {
        let violations = torture(seed, options).violations;
        violations.into_iter().next().map(|violation| (seed, violation))
    });
    let Some((seed, violation)) = caught else {
        panic!("{mutation:?} is not caught by {MOST} seeds");
    };
    println!("{mutation:?}: seed {seed}: guarantee {}: {}", violation.guarantee, violation.text);
    let side_effect = [3, 10].contains(&violation.guarantee);
    let expected = guarantees(mutation).contains(&violation.guarantee);
    assert!(expected || side_effect, "{mutation:?}: {violation}");
}

/// `--trees N` of the program runs more of them.
#[test]
fn trees_of_supervisors_are_as_their_rules_say() {
    let violations: Vec<_> =
        (0..20).flat_map(|seed| torture_trees(seed).into_iter().map(move |v| (seed, v))).collect();
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn real_connections_that_are_cut() {
    const CUTS: usize = 100;
    let report = torture_tcp(1, CUTS).expect("sockets");
    for violation in &report.violations {
        println!("{violation}");
    }
    assert_eq!(report.violations.len(), 0);
    assert!(report.faults.cuts_at_byte >= CUTS as u64, "{:?}", report.faults);
    assert!(report.deliveries > CUTS, "{} of {}", report.deliveries, report.messages);
    println!("{} of {} messages, {:?}", report.deliveries, report.messages, report.fired);
}
