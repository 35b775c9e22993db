//! A network in one process, for tests: many nodes, a virtual clock, and every fault that a real
//! network has, all of it following from one seed.
//!
//! ```text
//!   run(seed, test) ─▶ Network ─┬─ transport("alpha") ─▶ node alpha ┐ real handshakes, real
//!                               ├─ transport("beta")  ─▶ node beta  ┘ packets, byte by byte
//!                               └─ latency, partitions, cuts, slow readers, crashes
//! ```
//!
//! The nodes are the shipped ones: they greet each other, encode and decode. Only the byte
//! streams between them, the clock and their random numbers belong to the simulation. The runtime
//! has one thread and a paused clock, which jumps to the next timer when everybody waits: minutes
//! of timeouts pass in an instant, and the same seed does the same in the same order.
//!
//! ```
//! use std::time::Duration;
//! use aemp_actor::{prelude::*, sim};
//!
//! sim::run(7, |network| async move {
//!     let alpha = Node::configure(network.config("alpha")).await.unwrap();
//!     let beta = Node::configure(network.config("beta").seed("mem:alpha")).await.unwrap();
//!     alpha.wait_up("beta").await;
//!
//!     let port = beta.port_fn(|ctx, _| ctx.stop("enough"));
//!     let (fired, reason) = tokio::sync::oneshot::channel();
//!     alpha.mon(&port, move |reason: Reason| drop(fired.send(reason)));
//!     network.partition("alpha", "beta");
//!     assert_eq!(reason.await.unwrap().kind(), "transport_error"); // after 30 virtual seconds
//!     network.heal();
//!     alpha.wait_up("beta").await;
//! });
//! ```
//!
//! Code under test must not use other clocks, threads or sources of randomness
//! ([`Network::random`] gives one), or runs cannot be repeated.

mod connection;
mod counts;
mod environment;
mod faults;
#[doc(hidden)]
pub mod internals;
mod journal;
mod network;
mod pipe;
mod run;
mod state;
mod stream;
mod transport;
mod way;

pub use crate::node::Census;
pub use crate::random::Random;
pub use counts::FaultCounts;
pub use faults::Crash;
pub use journal::{Journal, Line};
pub use network::Network;
pub use run::run;
pub use transport::SimTransport;
