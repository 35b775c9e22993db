//! Looking into running nodes: what the command `aemp` shows of them, for any program.
//!
//! ```
//! # use aemp_actor::prelude::*;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let node = Node::local();
//! let info = node.introspect(&node).info().await?;        // or of any other node
//! println!("{} has {} ports, and is up since {:?}", info.node, info.ports, info.uptime);
//! # Ok(())
//! # }
//! ```
//!
//! # The protocol
//!
//! Registered functions like all others, which every node of this crate has, whatever the program
//! registers. A question is a message to the node port:
//!
//! ```text
//!   FUNCTION VERSION ARGUMENT… REPLY
//! ```
//!
//! `VERSION` is 1; `REPLY` is the ID of a port, which is sent one of
//!
//! ```text
//!   "ok" RESULT
//!   "error" TEXT                   the question makes no sense, or cannot be granted
//!   "error" TEXT [VERSION…]        the version is not known there, only these
//! ```
//!
//! so that [`Node::cal`](crate::Node::cal), or `cal` of the Perl implementation, can ask:
//! `aemp cal NODE aemp::info 1`.
//!
//! | function | arguments | `RESULT` |
//! |---|---|---|
//! | `aemp::info` | | a [`NodeInfo`] |
//! | `aemp::ports` | a [`PortQuery`] | a [`PortPage`] |
//! | `aemp::functions` | | a list of [`FunctionInfo`] |
//! | `aemp::deaths` | | [`Deaths`] |
//! | `aemp::groups` | a [`GroupQuery`] | a [`GroupPage`] |
//! | `aemp::tap` | the ID or name of a port | the ID of the tap: see [`Tap`](crate::Tap) |
//! | `aemp::stop` | | nothing; the node is shut down for good |
//! | `aemp::restart` | | nothing; the node ends, and its watchdog starts it again |
//!
//! The results are maps whose keys are the names of the fields; more keys may come, so an unknown
//! one is to be ignored. Unknown keys of a query are an error. Times are seconds, as floats;
//! moments are seconds since the beginning of 1970; sizes are bytes. `--json` prints the same maps.
//!
//! # What it costs, and who may ask
//!
//! Nothing is counted or kept only to be asked for, but for two counters for each batch of messages
//! that a port handles, and the last hundred deaths; answers are made when a question comes, are bounded in size, and hold no
//! lock for long. Asking for ports takes time that grows with
//! the number of ports, and is done beside the node's other work when there are many.
//!
//! Other nodes need the right to the function ([`Rights::functions`](crate::Rights::functions)):
//! those who may run only `Chat::*` cannot look, and those who may run `aemp::info` see no more
//! than that. Questions that are refused are not answered, as unknown functions are not; a node
//! that asks notices it at once, since it asks for an echo after each question.

mod client;
mod facts;
mod query;
mod server;

pub(crate) use client::{Conversation, Heard};
pub use client::{Introspect, IntrospectError};
pub use facts::{
    DeathInfo, Deaths, FunctionInfo, FunctionKind, GroupInfo, NodeInfo, PortInfo, ProcessInfo,
};
pub use query::{GroupPage, GroupQuery, PortOrder, PortPage, PortQuery};
pub(crate) use server::{DEATHS, FUNCTIONS, GROUPS, INFO, PORTS, RESTART, STOP, TAP, WATCHDOG};

pub use crate::port::PortState;

/// The version of the protocol that is spoken here.
pub(crate) const VERSION: i64 = 1;
