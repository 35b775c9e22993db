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
mod argument;
mod async_code;
mod attached;
mod balancer;
mod batch;
mod call;
mod cell;
mod closure;
mod context;
mod current;
mod deadline;
mod death;
mod definition;
mod encoder;
mod ending;
mod facts;
mod handle;
mod in_context;
mod init;
mod mailbox;
mod me;
mod options;
mod outcome;
mod owed;
mod owned;
mod peval;
mod port_ref;
mod protocol;
mod reaper;
mod receive;
mod recipient;
mod reply;
mod reply_cell;
mod room;
mod run;
mod runner;
mod snd_wait;
mod standby;
mod stopping;
mod tap;
mod through;
mod timer;
mod work;

pub(crate) use any_cell::AnyCell;
pub use argument::IntoArgument;
pub use async_code::{AsyncCode, AsyncCodeOf, AsyncHandler};
pub use balancer::{Balanced, Balancer, OfPorts, OfProtocols, WhenAnyHasRoom};
pub(crate) use batch::Batch;
pub(crate) use call::DEFAULT_TIMEOUT;
pub use call::{Call, CallError};
pub(crate) use cell::Cell;
pub use closure::{FnPort, FnPortRef, RcvError};
pub use context::{Ctx, PortScope};
pub(crate) use current::{on_node, sender_is_cut_off};
pub(crate) use deadline::Deadline;
pub use definition::Port;
pub use encoder::{Encoder, Unencodable};
pub use ending::{StopHook, Undelivered};
pub use facts::PortState;
pub(crate) use facts::{Facts, kind};
pub use handle::{NotLocal, Ref};
pub(crate) use init::create_port;
pub use init::{Init, InitEntry, InitFn, InitFunction, InitFuture, InitOutput};
pub(crate) use mailbox::{Envelope, Stage};
pub use me::{Condition, Me, ReceiveError, Received};
pub use options::PortOptions;
pub(crate) use outcome::Ran;
pub use outcome::{Outcome, PortFuture};
pub use owed::InHandler;
pub use peval::PevalError;
pub use port_ref::{PortRef, ProtocolRef};
pub use protocol::{
    Answers, Either, Handles, Implements, Listed, Named, NoAnswer, Protocol, demand_unique_tags,
};
pub(crate) use reaper::Reaper;
pub(crate) use receive::create as create_receive_port;
pub use receive::{ReceivePort, ReceivePortRef};
pub use recipient::Recipient;
pub use reply::Reply;
pub(crate) use reply_cell::{ReplyCell, Unanswered, reply_cell};
pub use snd_wait::{SndWait, SndWaitError};
pub(crate) use standby::Standby;
pub(crate) use tap::{CREDIT, Tap};
pub use through::WhenRoom;
pub use timer::Timer;
pub use work::PortTask;
