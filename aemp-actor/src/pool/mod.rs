//! Pools: workers on the nodes of a group, among which requests are shared out.
//!
//! ```
//! use aemp_actor::pool::Pool;
//! use aemp_actor::prelude::*;
//!
//! #[derive(Port)]
//! struct Squarer;
//!
//! #[rcv]
//! impl Squarer {
//!     fn square(&mut self, n: u64) -> u64 { n * n }
//! }
//!
//! #[init("Squares::worker")]
//! fn squarer() -> Squarer { Squarer }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let node = Node::local();
//! node.grp_reg("squarers", &node)?;          // this node has workers; others may do the same
//! let pool = Pool::init("squarers", squarer, ()).per_node(2).start(&node);
//! let square = pool.retries(2).call(|worker| worker.square(7)).await?;
//! assert_eq!(square, 49);
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees
//!
//! - A worker has one request at a time; who waits longest is next.
//! - Every request has an end: an answer, or an error. One that finds the pool full is refused at once, and was
//!   not sent; one that has no answer at its deadline is an error, and the worker that has it is killed, and
//!   another started in its place.
//! - When a worker dies, or its node goes down, its request is given to another one as often as
//!   [`PoolRef::retries`] says, before all that wait, and then reported as lost, with the reason. A request
//!   that is retried may have been carried out before: only those bear it for which that makes no difference.
//! - Workers that die are started again after a pause, as long as their node is in the group. When it leaves,
//!   they are given nothing more, and end when they have done what they have. They end with the pool; on other nodes as the children of a [supervisor](crate::supervisor) do.

mod builder;
mod error;
mod jobs;
mod port;
mod request;

pub use builder::{Pool, PoolRef};
pub use error::PoolError;
pub use request::Request;
