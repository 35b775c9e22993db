//! The far end of a supervisor: what the node of a child does for it.
//!
//! ```text
//!   supervisor ── aemp::supervise CHILD SUPERVISOR SECONDS ──▶ node of the child
//!   supervisor ◀───────── aemp::supervised CHILD ──────────── (at once)
//!   supervisor ◀────────── aemp::started CHILD ────────────── (when its init function has ended)
//! ```
//!
//! From then on the child ends when the supervisor does, or the connection to it is lost: `kil`, and
//! `kil_now` after so many seconds (no number: never). A node that does not answer, since it is of another
//! implementation or does not allow it, does none of that; a supervisor notices by an echo.

use std::sync::Arc;
use std::time::Duration;

use super::ending;
use super::port::SupervisorPort;
use crate::id::PortId;
use crate::message::Message;
use crate::node::{Action, Builtin, Core, Origin, Problem, Rights};
use crate::port::{AnyCell, Cell};
use crate::reason::{Reason, kind};

/// The function.
pub(super) const SUPERVISE: &str = "aemp::supervise";

pub(crate) const BUILTIN: Builtin = Builtin::function(SUPERVISE, supervise);

pub(super) const SUPERVISED: &str = "aemp::supervised";
pub(super) const STARTED: &str = "aemp::started";
/// The echo.
pub(super) const ECHO: &str = "aemp::supervise_echo";

/// Asks the node of a child to do its part.
pub(crate) fn ask(core: &Arc<Core>, child: &PortId, own: &PortId, shutdown: Option<Duration>) {
    let node = PortId::of_node(child.node());
    let seconds = shutdown.map(|deadline| deadline.as_secs_f64());
    core.snd(&node, &(SUPERVISE, child, own, seconds));
    core.snd(&node, &("snd", own, ECHO, child));
}

/// Whether a message is what comes back from [`ask`].
pub(crate) fn is_of_supervision(message: &Message) -> bool {
    [SUPERVISED, STARTED, ECHO].contains(&message.tag())
}

/// Does what a supervisor on another node asks for.
///
/// # Errors
/// When the request makes no sense, or the other node may not kill ports.
fn supervise(core: &Arc<Core>, from: Option<&Origin>, message: &Message) -> Result<(), Problem> {
    let (child, supervisor, seconds): (PortId, PortId, Option<f64>) =
        message.args().map_err(|_| "the arguments are a port, its supervisor, and seconds")?;
    let origin = from.ok_or("only another node can ask this")?;
    origin.demand("kil", Rights::may_kil)?;
    if child.is_node() || child.node() != core.id() {
        return Err("the port to be supervised is none of this node".into());
    }
    if supervisor.is_node() || supervisor.node() != origin.peer.id() {
        return Err("the supervisor is no port of the node that asks".into());
    }
    core.snd(&supervisor, &(SUPERVISED, &child));
    // If it is not there (any more), the monitor of the supervisor fires.
    let Some(cell) = core.registry().find(child.name()) else { return Ok(()) };
    let deadline = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    end_with(core, &cell, &supervisor, deadline);
    let weak = Arc::downgrade(core);
    when_started(cell, move || {
        if let Some(core) = weak.upgrade() {
            core.snd(&supervisor, &(STARTED, child));
        }
    });
    Ok(())
}

/// A port ends with its supervisor. Asked for again, the earlier request is forgotten: there is one for
/// each port.
fn end_with(
    core: &Arc<Core>,
    cell: &Arc<dyn AnyCell>,
    supervisor: &PortId,
    deadline: Option<Duration>,
) {
    let child = PortId::new(core.id().clone(), cell.name().clone());
    let (weak, of) = (Arc::downgrade(core), supervisor.clone());
    let end = move |reason: Reason| {
        if let Some(core) = weak.upgrade() {
            let text = format!("its supervisor {of} has ended: {reason}");
            ending::end(&core, child, deadline, Reason::new(kind::SHUTDOWN, text));
        }
    };
    let token = core.mon(supervisor, Some(cell), Action::Call(Box::new(end)));
    if let Some(earlier) = cell.set_supervisor(token) {
        earlier.cancel();
    }
}

/// Calls `f` when a port of this node has started; never, if it dies before.
pub(super) fn when_started(cell: Arc<dyn AnyCell>, f: impl FnOnce() + Send + 'static) {
    let f: Box<dyn FnOnce() + Send> = Box::new(f);
    match cell.clone().as_any().downcast::<Cell<SupervisorPort>>() {
        // It has started when its children have.
        Ok(supervisor) => SupervisorPort::when_ready(&supervisor, f),
        Err(_) => cell.when_started(f),
    }
}
