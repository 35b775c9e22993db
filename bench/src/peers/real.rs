//! With peers.

use tokio::runtime::Runtime;

use super::{kameo, ractor};
use crate::options::Options;
use crate::rounds::measure;

/// Kinds of actors to measure the memory of.
pub(crate) const IDLE: &[(&str, &str)] = &[("kameo", "kameo actor"), ("ractor", "ractor actor")];

/// Bytes that `count` idle actors of this kind take.
pub(crate) fn idle(kind: &str, runtime: &Runtime, count: usize) -> usize {
    match kind {
        "kameo" => runtime.block_on(kameo::idle(count)),
        "ractor" => runtime.block_on(ractor::idle(count)),
        _ => {
            eprintln!("aemp-bench: there is no kind {kind:?}");
            std::process::exit(2);
        }
    }
}

/// Prints sends per second.
pub(crate) fn sends(producers: usize, options: &Options) {
    let messages = options.messages / 4;
    measure(options, &format!("kameo, {producers} to 1"), messages, || {
        crate::runtime().block_on(kameo::sends(producers, messages))
    });
    measure(options, &format!("ractor, {producers} to 1"), messages, || {
        crate::runtime().block_on(ractor::sends(producers, messages))
    });
}

/// Prints requests per second.
pub(crate) fn requests(askers: usize, options: &Options) {
    let requests = options.requests;
    measure(options, &format!("kameo, {askers} at a time"), requests, || {
        crate::runtime().block_on(kameo::requests(askers, requests))
    });
    measure(options, &format!("ractor, {askers} at a time"), requests, || {
        crate::runtime().block_on(ractor::requests(askers, requests))
    });
}
