//! Nodes: one process (or a part of one) in the network, its ports and its connections.
//!
//! ```text
//!   Node (handle) ─▶ Core ─┬─ registry    names → cells of the ports here
//!                          ├─ monitors    those of this node itself
//!                          ├─ functions   names → what the program registers
//!                          ├─ builtins    names → functions that every node has, handed over by `setup`
//!                          ├─ events      who wants to know of nodes going up and down
//!                          └─ network ─┬─ peers   names → other nodes: link, queue, watches
//!                         (none on a   ├─ book    names → where they can be dialled
//!                          local node) ├─ mesh    which nodes there are, and who is in which group
//!                                      └─ relays, data, dials, listeners, what handshakes need
//! ```
//!
//! `router` decides where a message or a kill goes, `monitors` sets and fires monitors, `spawn` spawns ports here
//! and elsewhere; `requests` is what the node port understands; `connector` makes connections, `arbiter` decides
//! which of them count; `peer/connection_up` and `peer/connection_lost` are what becomes of them.

mod access;
mod addresses;
mod arbiter;
mod builtins;
mod cell_table;
mod closing;
mod config;
mod connector;
mod core;
mod counters;
pub(crate) mod data;
mod deadlines;
pub(crate) mod directory;
mod door;
mod draining;
mod environment;
mod events;
mod failed_spawns;
mod functions;
mod groups;
mod handle;
mod inbound;
mod looking;
pub(crate) mod mesh;
mod monitors;
mod names;
mod network;
mod operated;
mod peer;
mod refusing;
mod registry;
pub(crate) mod relay;
mod requests;
mod router;
mod security;
mod services;
mod signal;
mod spawn;
mod timers;
pub(crate) mod traced;
mod verbs;
mod waiting;

pub use access::{Access, Rights};
pub(crate) use addresses::{MAX_ADDRESS, MAX_ADDRESSES};
pub(crate) use builtins::{Builtin, Builtins};
pub use config::host_name;
pub use config::{Config, ConfigError};
pub(crate) use config::{Service, expand, for_each_limit, is_announceable};
pub(crate) use connector::{
    Backoff, DIAL_LIMIT, DialError, Dials, Purpose, dial, reach, run_accepted,
};
pub(crate) use core::Core;
pub(crate) use counters::Dropped;
pub use counters::DroppedCounts;
pub(crate) use deadlines::DeadlineKey;
pub(crate) use door::{Door, why_refused};
pub(crate) use draining::Busy;
pub(crate) use environment::Environment;
pub use environment::generate_secret;
pub use events::{NodeEvent, NodeEvents, NodesToken};
pub use functions::{FunctionCall, init_names};
pub(crate) use groups::Asked;
pub use handle::Node;
pub(crate) use inbound::Origin;
pub use looking::PingError;
pub(crate) use monitors::{Action, Watch, mon_from};
pub use monitors::{Kil, MonAction, MonGuard, MonToken, Snd};
pub use names::NameError;
#[cfg(feature = "sim")]
pub use peer::Census;
pub(crate) use peer::Peer;
pub use peer::{Connection, PeerInfo, PeerState, RoundTrip, Traffic};
pub(crate) use refusing::{notify_held, notify_unanswered, refuse};
pub(crate) use requests::Problem;
pub use signal::{Signal, Signals};
pub(crate) use spawn::spawn_failed;
pub(crate) use timers::{Alarm, TimerKey, Timers, timer_deadline};
pub use traced::MESSAGES;
