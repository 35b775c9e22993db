//! Logs of other nodes: one node shows, or handles, the log lines of all, filtered by level.
//!
//! The protocol is that of the Perl implementation's service `AnyEvent::MP::LogCatcher`, in both
//! directions: its catchers are told the lines of our nodes, and ours those of its nodes.
//!
//! ```text
//!   catcher                                                    every other node, when it is up
//!     │  AnyEvent::MP::LogCatcher::connect 0 PORT LEVEL  ──────▶
//!     │  ◀────────────────────────────────  LEVEL TEXT   to PORT, for every line up to LEVEL,
//!                                                        until PORT dies
//! ```
//!
//! - [`Node::catch_logs`](crate::Node::catch_logs) catches.
//! - `Layer` (feature `log`) gives what the program logs with `tracing` to those who catch. The
//!   log belongs to the process: each of its nodes that is asked tells all of it. When nobody
//!   catches, a log line costs the reading of one atomic more.
//! - As a service of a profile, `["AnyEvent::MP::LogCatcher::catch", 9]` prints what it catches to
//!   standard error, as there.
//!
//! Lines are not told again when a connection is lost, and nothing waits for a catcher that is
//! slow: what he does not take is left out, and a line tells how many. What is logged while lines
//! are being told, or handled by who catches them, is told to nobody, so that logs cannot feed
//! themselves.
//!
//! # Levels
//!
//! | reference | `tracing` |
//! |---|---|
//! | 0 none, 1 fatal, 2 alert, 3 critical, **4 error** | `ERROR` |
//! | **5 warn** | `WARN` |
//! | 6 note, **7 info** | `INFO` |
//! | **8 debug** | `DEBUG` |
//! | **9 trace** | `TRACE` |
//!
//! In bold what our levels become.

mod catching;
mod forwarding;
#[cfg(feature = "log")]
mod layer;
mod levels;
#[cfg_attr(not(feature = "log"), expect(dead_code))]
mod lines;
mod services;

pub use crate::node::MESSAGES;
pub use crate::visible::{one_line, visible};
pub use catching::{LogCatching, LogLine};
#[cfg(feature = "log")]
pub use layer::{Layer, layer};
pub use levels::{level_name, level_named, level_number, level_of, verbosity};
use services::CONNECT;
pub(crate) use services::{CATCH_BUILTIN, CONNECT_BUILTIN};
