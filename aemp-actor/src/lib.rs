//! An actor framework in the manner of Erlang: actors ("ports") that are spawned, sent to and
//! monitored by ID, in one process or across a network of them.
//!
//! # Install
//!
//! ```toml
//! [dependencies]
//! aemp-actor = "0.1"
//! tokio = { version = "1", features = ["full"] }        # or macros and rt-multi-thread
//! serde = { version = "1", features = ["derive"] }      # for your own types in messages
//! tracing-subscriber = "0.3"                            # shows the log
//! ```
//!
//! The library says through `tracing` what it notices: refused connections, ports that died and nobody
//! monitored. Without a subscriber, `tracing_subscriber::fmt::init()`, a wrong secret is silent.
//!
//! # Hello
//!
//! ```
//! use aemp_actor::prelude::*;
//!
//! /// A port is a struct, its methods are its messages.
//! #[derive(Port, Default)]
//! struct Counter { count: u64 }
//!
//! #[rcv]
//! impl Counter {
//!     fn add(&mut self, n: u64) { self.count += n; }
//!     fn count(&self) -> u64 { self.count }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), CallError> {
//!     let node = Node::local();
//!     let counter = node.port(Counter::default());
//!     counter.add(2); // a typed message: never waits, never fails
//!     node.snd(&counter, ("add", 40)); // the same by ID, as any other node sends it
//!     assert_eq!(counter.count().await?, 42); // a request and its answer
//!     Ok(())
//! }
//! ```
//!
//! # Where to begin
//!
//! The guide is in the folder `book` of the repository (`mdbook serve book`): it begins with a project,
//! builds a job service that survives the loss of its machines, and has pages on operating,
//! troubleshooting, the wire protocol, and on migrating from other frameworks. Here:
//!
//! | to | see |
//! |---|---|
//! | make a port of a struct | [`macro@Port`], [`macro@rcv`], [`Ctx`] |
//! | make one of a closure, or of an async block | [`Node::port_fn`], [`Node::port_async`] |
//! | send, ask, kill | [`Node::snd`], [`Node::cal`], [`Node::kil`], and typed handles: [`PortRef`] |
//! | be told of the end of a port | [`Node::mon`], [`Ctx::mon`], [`Reason`] |
//! | start a node with a network | [`Config`], [`Node::configure`] |
//! | spawn on other nodes | [`macro@init`], [`Node::spawn`] |
//! | find ports | [`Node::group`], [`Group`], [`Node::name`] |
//! | test with many nodes and faults | `sim` (feature `sim`) |
//! | look into a running network | [`introspection`] |
//! | move bytes in bulk | [`Node::connect_to`], [`DataConn`] |
//!
//! What may be relied on, about order, losses, monitors and bounds, is [the delivery contract](contract).
//!
//! # Features
//!
//! | feature | has | default |
//! |---|---|---|
//! | `tls` | encrypted connections and certificates | yes |
//! | `quic` | connections over QUIC: `Quic`, `Config::quic` | |
//! | `log` | `log::layer`: log lines for nodes that catch them | |
//! | `sim` | `sim`: a simulated network to test with | |
//!
//! The minimum supported Rust version is 1.89.

#![cfg_attr(docsrs, feature(doc_cfg))]
// They panic when nobody reads any more.
#![cfg_attr(not(test), deny(clippy::print_stderr, clippy::print_stdout))]

#[allow(unused_extern_crates)]
extern crate self as aemp_actor;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
#[doc = include_str!("../guarantees.md")]
pub mod contract {}
mod die;
mod error_text;
#[cfg(feature = "fail-points")]
#[doc(hidden)]
pub mod fail_points;
#[cfg(not(feature = "fail-points"))]
mod fail_points;
mod group;
mod id;
pub mod introspection;
pub mod log;
mod message;
mod monitor;
mod node;
mod panics;
pub mod plumbing;
pub mod pool;
mod port;
pub mod prelude;
pub mod profile;
pub mod pubsub;
#[cfg(feature = "sim")]
mod random;
mod reason;
mod seconds;
mod setup;
#[cfg(feature = "sim")]
pub mod sim;
mod suggestion;
pub mod supervisor;
mod tap;
mod typed_group;
mod visible;

/// # Example
///
/// ```
/// use aemp_actor::prelude::*;
///
/// #[derive(Port)]
/// struct Lamp { on: bool }
///
/// #[rcv]
/// impl Lamp {
///     fn switch(&mut self) -> bool {
///         self.on = !self.on;
///         self.on
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// let node = Node::local();
/// let lamp: LampRef = node.port(Lamp { on: false });
/// assert!(lamp.switch().await?);
/// // Handles are plain data: an ID gives one, and one an ID.
/// let same = LampRef::at(&node, lamp.id());
/// assert_eq!(same, lamp);
/// # Ok(())
/// # }
/// ```
#[doc(inline)]
pub use aemp_actor_derive::Port;
/// # Example
///
/// ```
/// use aemp_actor::prelude::*;
///
/// #[derive(Port)]
/// struct Session { user: String }
///
/// #[rcv]
/// impl Session {
///     fn user(&self) -> String { self.user.clone() }
/// }
///
/// #[init("Chat::session")] // any node can spawn it on any other by this name
/// fn session(ctx: &mut Init, user: String) -> Result<Session, Die> {
///     if user.is_empty() {
///         return Err(die!("{}: nobody", ctx.id()));
///     }
///     Ok(Session { user })
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// let node = Node::local();
/// let here = session.on(&node, node.id(), ("joe".into(),)); // with its types checked
/// assert_eq!(here.user().await?, "joe");
/// let untyped = node.spawn(node.id(), "Chat::session", ("sue",)); // as other nodes do it
/// assert_eq!(node.cal::<(String,)>(&untyped, ("user",)).await?.0, "sue");
/// # Ok(())
/// # }
/// ```
#[doc(inline)]
pub use aemp_actor_derive::init;
pub use aemp_actor_derive::protocol;
/// # Example
///
/// ```
/// use aemp_actor::prelude::*;
///
/// #[derive(Port, Default)]
/// struct Account { balance: u32 }
///
/// #[rcv]
/// impl Account {
///     fn pay_in(&mut self, amount: u32) { self.balance += amount; } // a message
///
///     fn balance(&self) -> u32 { self.balance } // a request
///
///     fn pay_out(&mut self, amount: u32) -> Result<u32, String> { // both outcomes are answers
///         let left = self.balance.checked_sub(amount).ok_or("not enough")?;
///         self.balance = left;
///         Ok(left)
///     }
///
///     fn close(&mut self, ctx: &mut Ctx<Self>) -> Result<(), Die> { // an error kills the port
///         if self.balance > 0 {
///             return Err(die!("{} left", self.balance));
///         }
///         ctx.stop(());
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// let node = Node::local();
/// let account = node.port(Account::default());
/// account.pay_in(10);
/// assert_eq!(account.pay_out(7).await?, Ok(3));
/// assert_eq!(account.pay_out(7).await?, Err("not enough".to_owned()));
/// assert_eq!(account.balance().await?, 3);
/// # Ok(())
/// # }
/// ```
#[doc(inline)]
pub use aemp_actor_derive::rcv;
#[cfg(feature = "quic")]
pub use aemp_transport::Quic;
pub use aemp_transport::{
    Address, AuthMethod, CertificateError, Certificates, Framing, Limits, Listener, Memory,
    Protection, Require, Secret, Stream, Tcp, TlsVersion, Transport, Value, ValueError, from_value,
    generate_certificate, to_value,
};

pub use crate::die::Die;
pub use crate::group::{GroupChange, Members, Pick};
pub use crate::id::{NodeId, ParseNodeIdError, PortId};
pub use crate::message::{ArgError, BadMessage, FromArgs, Message, Rest};
pub use crate::node::data::{DataConn, DataConnError, DataReader, DataWriter};
pub use crate::node::mesh::{
    GroupError, GroupEvents, GrpGuard, GrpMonToken, GrpToken, JoinError, NotConfirmed, SeedError,
    SeedInfo,
};
#[cfg(fuzzing)]
#[doc(hidden)]
pub use crate::node::relay::fuzz_relay;
pub use crate::node::{
    Access, Config, ConfigError, Connection, DroppedCounts, FunctionCall, Kil, MonAction, MonGuard,
    MonToken, NameError, Node, NodeEvent, NodeEvents, NodesToken, PeerInfo, PeerState, PingError,
    Rights, RoundTrip, Signal, Signals, Snd, Traffic, generate_secret, init_names,
};
pub use crate::port::{
    Balancer, Call, CallError, Ctx, FnPort, FnPortRef, Init, InitFunction, Me, NotLocal,
    PevalError, Port, PortOptions, PortRef, PortScope, PortTask, ProtocolRef, RcvError,
    ReceiveError, ReceivePort, ReceivePortRef, Received, Ref, Reply, SndWait, SndWaitError,
    StopHook, Timer, Undelivered, WhenAnyHasRoom, WhenRoom,
};
pub use crate::profile::{ProfileError, Profiles};
pub use crate::reason::{Reason, kind};
pub use crate::tap::{Tap, Tapped};
pub use crate::typed_group::{Group, GroupChanges, GroupRequest, GroupWaitError, MembersChange};
