//! Supervisors: ports that start other ports, and start them again when they fail.
//!
//! ```
//! use std::time::Duration;
//!
//! use aemp_actor::prelude::*;
//! use aemp_actor::supervisor::{Child, Strategy, Supervisor};
//!
//! /// A counter.
//! #[derive(Port, Default)]
//! struct Counter { count: u64 }
//!
//! #[rcv]
//! impl Counter {
//!     fn add(&mut self, n: u64) { self.count += n; }
//!     fn count(&self) -> u64 { self.count }
//!     fn fail(&mut self) -> Result<(), Die> { Err(die!("failed")) }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let node = Node::local();
//! let counter = Child::new("counter", |_| Counter::default());
//! let current = counter.child_ref();
//! let supervisor = Supervisor::new(Strategy::OneForOne)
//!     .intensity(3, Duration::from_secs(5))
//!     .child(counter)
//!     .start(&node);
//!
//! let first = current.wait().await?;
//! first.fail();
//! let second = current.wait_after(&first).await?; // another port, of the same kind
//! assert_eq!(second.count().await?, 0);
//! supervisor.shutdown();                        // in reverse order, each within its deadline
//! assert_eq!(supervisor.ended().await.kind(), "shutdown");
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees
//!
//! - A child that ends never ends its supervisor by itself: that only ends when it is killed, shut down, or
//!   has failed more often than its [intensity](Supervisor::intensity) bears. Then it stops its children and
//!   dies with `max_restarts` and a text that names the child, how often it failed, and why.
//! - Of a child one port runs at a time, as far as the supervisor can know: one on a node to which the
//!   connection was lost counts as ended, and its own node ends it when it notices, within its
//!   `monitor_timeout`. A child whose code does not await cannot be killed; see [`Child::shutdown`].
//! - When a supervisor ends, however that comes, its children end: those of other nodes, too, when the
//!   connection is lost, if these are of this implementation and allow the function `aemp::supervise` and
//!   `kil` ([`Rights`](crate::Rights)). If not, a warning is logged at each start.
//! - A child whose node is down has not failed: it is started when the node is up again, or on another one
//!   ([`Child::place`]).
//! - The restart decisions are those of a table without chance or clock of its own, which is tested as such;
//!   pauses follow from the random numbers of the node.
//!
//! # Requests
//!
//! [`SupervisorRef`] has methods for them; other nodes, and the command, send messages: `which_children`,
//! which is answered with a [`SupervisorInfo`]; `terminate_child NAME`, `restart_child NAME`,
//! `delete_child NAME`, answered with nothing or an error; `shutdown`, which is not answered.

mod builder;
mod child;
mod child_ref;
mod effect;
mod ending;
mod entry;
mod error;
mod handle;
mod info;
mod plan;
#[cfg(test)]
mod plan_tests;
mod port;
mod remote;
mod rules;

pub use builder::Supervisor;
pub use child::{Child, ChildSpec};
pub use child_ref::ChildRef;
pub(crate) use ending::end_all;
pub use error::{NotRunning, SupervisorError};
pub use info::{ChildInfo, ChildState, SupervisorInfo};
pub use port::{SupervisorPort, SupervisorRef};
pub(crate) use remote::{BUILTIN, ask as supervise_far, is_of_supervision};
pub use rules::{Backoff, Restart, Strategy};
