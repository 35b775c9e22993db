//! Erlang-style ports for Rust: actors that are spawned, spoken to and watched by ID, in one
//! process or across a network of them, over the AEMP protocol of Perl's AnyEvent::MP.
//!
//! - A **port** is a message destination: a struct with `#[derive(Port)]` whose methods answer
//!   tagged messages, a closure, or an async block that receives.
//! - A **node** is a process in the network. Nodes send to a port by its ID, wherever it lives.
//! - **Monitors** tell of the end of a port: its own, its node's, or the connection's. They fire
//!   once, always.
//! - **Init functions** are registered by name at link time and spawned on any node.
//!
//! ```
//! use aemp_actor::prelude::*;
//!
//! /// A counter.
//! #[derive(Port, Default)]
//! struct Counter { count: u64 }
//!
//! #[rcv]
//! impl Counter {
//!     fn add(&mut self, n: u64) { self.count += n; }
//!     fn count(&self) -> u64 { self.count }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), CallError> {
//! let node = Node::local();
//! let counter = node.port(Counter::default());
//! counter.add(2);                              // fire and forget
//! node.snd(&counter, ("add", 40));             // the same, untyped, from any node
//! assert_eq!(counter.count().await?, 42);      // request and answer
//! # Ok(())
//! # }
//! ```
//!
#![doc = include_str!("../guarantees.md")]
// They panic when nobody reads any more.
#![cfg_attr(not(test), deny(clippy::print_stderr, clippy::print_stdout))]

#[allow(unused_extern_crates)]
extern crate self as aemp_actor;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod die;
#[cfg(feature = "fail-points")]
#[doc(hidden)]
pub mod fail_points;
#[cfg(not(feature = "fail-points"))]
mod fail_points;
mod group;
mod id;
pub mod introspection;
pub mod log;
mod mesh;
mod message;
mod monitor;
mod node;
mod panics;
pub mod pool;
mod port;
pub mod prelude;
pub mod profile;
pub mod pubsub;
mod reason;
mod relay;
mod service;
#[cfg(feature = "sim")]
pub mod sim;
mod suggestion;
pub mod supervisor;
mod tap;
mod visible;

pub use aemp_actor_derive::{Port, init, rcv};
#[cfg(feature = "quic")]
pub use aemp_transport::Quic;
pub use aemp_transport::{
    Address, AuthMethod, CertificateError, Certificates, Framing, Limits, Listener, Memory,
    Protection, Require, Secret, Stream, Tcp, TlsVersion, Transport, Value, generate_certificate,
};

pub use crate::die::Die;
pub use crate::group::{
    GroupChange, GroupError, GroupEvents, GrpGuard, GrpMonToken, GrpToken, Members, Pick,
};
pub use crate::id::{NodeId, ParseNodeIdError, PortId};
pub use crate::mesh::{JoinError, SeedError, SeedInfo};
pub use crate::message::{ArgError, BadMessage, FromArgs, Message, Rest};
pub use crate::monitor::{Kil, MonAction, MonGuard, MonToken, Snd};
pub use crate::node::{
    Access, Config, ConfigError, Connection, DroppedCounts, FunctionCall, Node, NodeEvent,
    NodeEvents, NodesToken, PeerInfo, PeerState, PingError, Rights, RoundTrip, Signal, Signals,
    Traffic, generate_secret, init_names,
};
pub use crate::port::{
    Call, CallError, Ctx, Encoder, FnPort, FnPortRef, Init, InitFn, InitFunction, InitOutput, Me,
    NotLocal, Outcome, PevalError, Port, PortOptions, PortRef, PortScope, RcvError, ReceiveError,
    Received, Ref, Reply, SndWait, SndWaitError, Timer, Unencodable,
};
pub use crate::profile::{ProfileError, Profiles};
pub use crate::reason::{Reason, kind};
#[cfg(fuzzing)]
#[doc(hidden)]
pub use crate::relay::fuzz_relay;
pub use crate::service::{DataConn, DataConnError, DataReader, DataWriter};
pub use crate::tap::{Tap, Tapped};
