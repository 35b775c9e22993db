//! Ports: the trait, the cell with its mailbox, the task that runs it, and what user code holds
//! of it.
//!
//! ```text
//!   Ref<P> ──typed──┐
//!                   ├─▶ Cell<P>: mailbox + stage ──swap──▶ runner ──▶ P::handle
//!   registry ─untyped┘                                     (a task, kept on standby for a while)
//! ```
//!
//! Not here: where messages come from (`node`) and who watches (`monitor`).

mod any_cell;
mod batch;
mod call;
mod cell;
mod closure;
mod context;
mod current;
mod deadline;
mod definition;
mod encoder;
mod facts;
mod handle;
mod init;
mod mailbox;
mod options;
mod outcome;
mod owned;
mod peval;
mod port_ref;
mod receive;
mod reply;
mod run;
mod runner;
mod snd_wait;
mod standby;
mod tap;
mod timer;

pub(crate) use any_cell::{AnyCell, Messages};
pub use call::{Call, CallError};
pub(crate) use cell::Cell;
pub use closure::{FnPort, FnPortRef, RcvError};
pub use context::{Ctx, PortScope};
pub(crate) use current::{on_node, sender_is_cut_off};
pub(crate) use deadline::Deadline;
pub use definition::Port;
pub use encoder::{Encoder, Unencodable};
pub use facts::PortState;
pub(crate) use facts::{Facts, kind};
pub use handle::{NotLocal, Ref};
pub(crate) use init::create_port;
pub use init::{Init, InitEntry, InitFn, InitFunction, InitFuture, InitOutput};
pub(crate) use mailbox::Stage;
pub use options::PortOptions;
pub use outcome::Outcome;
pub use peval::PevalError;
pub use port_ref::PortRef;
pub(crate) use receive::create as create_receive_port;
pub use receive::{Me, ReceiveError, Received};
pub use reply::Reply;
pub(crate) use reply::reply_cell;
pub use snd_wait::{SndWait, SndWaitError};
pub(crate) use standby::Standby;
pub(crate) use tap::{CREDIT, Tap};
pub use timer::Timer;
