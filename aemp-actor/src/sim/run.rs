//! The runtime of a simulation.

use std::future::Future;

use super::network::Network;

/// Runs `test` to its end on a runtime with one thread and a virtual clock, with the network of
/// that seed.
///
/// # Panics
/// When `test` does; nothing else says which seed it was, so print it.
pub fn run<F, Fut>(seed: u64, test: F) -> Fut::Output
where
    F: FnOnce(Network) -> Fut,
    Fut: Future,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O needs nothing of the system");
    runtime.block_on(async move { test(Network::new(seed)).await })
}
