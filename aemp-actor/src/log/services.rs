//! The functions of the Perl implementation's log catcher.

use std::io::Write;
use std::sync::Arc;
use std::time::SystemTime;

use super::catching::VERSION;
use super::forwarding;
use crate::id::PortId;
use crate::message::Message;
use crate::node::{Builtin, Core, Node, Origin, Problem, Rights};
use crate::visible::one_line;

/// Called by a node that catches.
pub(super) const CONNECT: &str = "AnyEvent::MP::LogCatcher::connect";

/// Called, as a service, by the node itself.
const CATCH: &str = "AnyEvent::MP::LogCatcher::catch";

pub(crate) const CONNECT_BUILTIN: Builtin = Builtin::function(CONNECT, connect);

/// The node itself catches logs, as a service.
pub(crate) const CATCH_BUILTIN: Builtin = Builtin::function(CATCH, catch).allowed_if(|_, _| false);

/// `VERSION PORT LEVEL`: from now on log lines go to the port.
///
/// # Errors
/// When the request makes no sense, or too many ports are sent log lines.
fn connect(core: &Arc<Core>, from: Option<&Origin>, message: &Message) -> Result<(), Problem> {
    let arguments = message.args::<(i64, PortId, u8)>();
    let (version, port, level) =
        arguments.map_err(|_| "the arguments are a version, a port, a level")?;
    if version != VERSION {
        return Err("this version of the log catcher is not known here, only 0".into());
    }
    if port.is_node() {
        return Err("log lines go to a port, not to a node port".into());
    }
    if let Some(origin) = from {
        if port.node() == core.id() {
            origin.demand("messages", Rights::may_send)?;
        } else if port.node() != origin.peer.id() {
            origin.demand("relay", Rights::may_relay)?;
        }
    }
    forwarding::add(core, port, level)
}

/// `LEVEL`: prints what other nodes log; without a level, stops that.
///
/// # Errors
/// When it is another node that asks, or the level is none.
fn catch(core: &Arc<Core>, from: Option<&Origin>, message: &Message) -> Result<(), Problem> {
    if from.is_some() {
        return Err("only the node itself catches logs (a service of its profile)".into());
    }
    let (level,): (Option<u8>,) = message.args().map_err(|_| "the level is no number")?;
    let stop = level.map(|level| -> Box<dyn FnOnce() + Send> {
        let catching = Node::of_core(core).catch_logs(level, |line| {
            let now = humantime::format_rfc3339_seconds(SystemTime::now());
            let (node, text) = (one_line(line.node.as_str()), one_line(&line.text));
            // When nobody reads it any more, that is no error.
            drop(writeln!(std::io::stderr(), "{now} [{node}] <{}> {text}", line.level));
        });
        Box::new(move || catching.cancel())
    });
    if let Some(stop_former) = core.replace_log_service(stop) {
        stop_former();
    }
    Ok(())
}
