//! The mesh: how nodes hear of each other and of each other's groups (the global protocol of
//! AEMP, version 0).
//!
//! Every node spawns one rendezvous port on every node it is connected to and tells it what it
//! knows. [`Membership`] decides, as plain data under a lock; what it wants done comes out as
//! [`Effect`]s, which one thread at a time carries out in their order, without the lock.
//!
//! ```text
//!   link up / down ──┐                        ┌──▶ messages to rendezvous ports
//!   rendezvous port ─┼─▶ Membership ─effects──┼──▶ dials
//!   grp_reg …  ──────┘                        └──▶ group monitors
//! ```

mod addresses;
mod confirmed;
mod driver;
mod effect;
mod group_events;
mod group_token;
mod grouping;
mod heard;
mod join;
mod membership;
mod news;
mod registrations;
mod rendezvous;
#[cfg(test)]
mod scenarios;
mod seeding;
mod seeds;
mod seeking;

pub use confirmed::NotConfirmed;
pub(crate) use driver::Mesh;
pub use group_events::GroupEvents;
pub(crate) use group_events::Unread;
pub use group_token::{GroupError, GrpGuard, GrpMonToken, GrpToken};
#[cfg(feature = "fail-points")]
pub(crate) use rendezvous::CONNECT;
pub(crate) use rendezvous::{BUILTIN, Rendezvous};
pub(crate) use seeding::keep as keep_seed;
pub use seeds::{JoinError, SeedError, SeedInfo};
