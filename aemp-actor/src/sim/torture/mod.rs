//! The delivery contract under fire: random programs on simulated networks, judged against the
//! numbered guarantees.
//!
//! ```text
//!   seed ─▶ plan ─▶ program ─┬─ actors and outsiders: send, monitor, kill, spawn, ask
//!                            ├─ chaos: cuts, partitions, crashes …
//!                            └─ record: everything that was done and seen ─▶ judge ─▶ violations
//! ```
//!
//! Not part of the public interface: it is here so that the tests and the `torture` example share
//! it.

mod actor;
mod chaos;
mod judge;
mod log;
mod ops;
mod outside;
mod plan;
mod program;
mod record;
mod report;
mod summary;
mod voice;
mod world;

pub use report::{Report, Violation};
pub use summary::{Summary, many};

pub use crate::mutation::Mutation;

/// How to run a seed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// A bug that is switched on.
    pub mutation: Option<Mutation>,
    /// Whether the report has a log of everything.
    pub log: bool,
}

/// Runs the program of a seed and judges it.
#[must_use]
pub fn torture(seed: u64, options: Options) -> Report {
    let run = super::run(seed, |network| async move {
        if options.log {
            network.journal().record();
        }
        crate::mutation::arm(options.mutation, &mut network.random("mutation"));
        program::run(network).await
    });
    crate::mutation::arm(None, &mut super::Random::new(seed));
    let violations = judge::judge(&run.record, run.plan.healing());
    Report::new(seed, run, violations, options.log)
}
