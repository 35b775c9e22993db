//! Without peers.

use tokio::runtime::Runtime;

use crate::options::Options;

/// Kinds of actors to measure the memory of.
pub(crate) const IDLE: &[(&str, &str)] = &[];

/// Bytes that `count` idle actors of this kind take.
pub(crate) fn idle(kind: &str, _: &Runtime, _: usize) -> usize {
    eprintln!("aemp-bench: there is no kind {kind:?} (build with --features peers for the peers)");
    std::process::exit(2);
}

/// Prints sends per second.
pub(crate) fn sends(_producers: usize, _options: &Options) {}

/// Prints requests per second.
pub(crate) fn requests(_askers: usize, _options: &Options) {}
