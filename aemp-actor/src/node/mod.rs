//! Nodes: one process (or a part of one) in the network, its ports and its connections.
//!
//! ```text
//!   Node (handle) ─▶ Core ─┬─ registry    names → cells of the ports here
//!                          ├─ peers       names → other nodes: link, queue, watches
//!                          ├─ functions   names → init functions and callbacks
//!                          └─ events      who wants to know of nodes going up and down
//! ```
//!
//! `router` decides where a message, a kill or a monitor goes; `requests` is what the node port
//! understands; `connector` makes connections, `arbiter` decides which of them count.

mod access;
mod addresses;
mod arbiter;
mod cell_table;
mod closing;
mod config;
mod connector;
mod core;
mod counters;
pub(crate) mod directory;
mod door;
mod environment;
mod events;
mod failed_spawns;
mod functions;
mod groups;
mod handle;
mod inbound;
mod looking;
mod operated;
mod peer;
mod refusing;
mod registry;
mod requests;
mod router;
mod security;
mod services;
mod signal;
mod timers;
mod traced;
mod verbs;
mod waiting;

pub use access::{Access, Rights};
pub(crate) use addresses::{MAX_ADDRESS, MAX_ADDRESSES};
pub use config::{Config, ConfigError};
pub(crate) use config::{for_each_limit, is_announceable};
pub(crate) use connector::{
    Backoff, DIAL_LIMIT, DialError, Dials, Purpose, dial, reach, run_accepted,
};
pub(crate) use core::Core;
pub(crate) use counters::Dropped;
pub use counters::DroppedCounts;
pub(crate) use door::Door;
pub(crate) use environment::Environment;
pub use environment::generate_secret;
pub use events::{NodeEvent, NodeEvents, NodesToken};
pub use functions::{FunctionCall, init_names};
pub use handle::Node;
pub(crate) use inbound::Origin;
pub use looking::PingError;
pub(crate) use peer::Peer;
pub use peer::{Connection, PeerInfo, PeerState, RoundTrip, Traffic};
pub(crate) use refusing::refuse;
pub(crate) use requests::Problem;
pub use signal::{Signal, Signals};
pub(crate) use timers::{Alarm, TimerKey, Timers, timer_deadline};
