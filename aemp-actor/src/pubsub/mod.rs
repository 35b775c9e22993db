//! Publish and subscribe: messages to whoever wants them, on all nodes of the mesh.
//!
//! ```
//! use aemp_actor::prelude::*;
//! use aemp_actor::pubsub::{Hub, Next, Overflow, Subscribe};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let node = Node::local();
//! let news = Hub::join(&node, "news")?;      // one for each node that publishes or subscribes
//! let mut reader = news.subscribe(Subscribe::new().bound(100).overflow(Overflow::DropOldest));
//! news.publish(("headline", "It works"));
//! let Some(Next::Message(message)) = reader.next().await else { panic!("nothing was lost") };
//! assert_eq!(message.arg::<String>(0)?, "It works");
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees
//!
//! - A message goes once to each node whose hub is in the group, however many subscribers it has there, and
//!   is handed to each of them.
//! - What one hub publishes, a subscriber is given in that order, once. What was published before it
//!   subscribed, or while its node was not connected, it is not given.
//! - A subscriber holds as many messages as its bound says. What happens when it is full is up to it
//!   ([`Overflow`]), and it is told: how many were left out, in their place, or that it was cut off ([`End`]). A slow
//!   subscriber holds up nobody.
//! - A subscription ends when it is dropped; all of a hub end when its node is shut down, or it is
//!   [left](Hub::leave).

mod hub;
mod queue;
mod subscription;

pub use hub::Hub;
pub use subscription::{End, Next, Overflow, Subscribe, Subscription};
