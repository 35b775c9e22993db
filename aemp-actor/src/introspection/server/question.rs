//! Reading questions, and answering them.

use std::sync::Arc;

use aemp_transport::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::id::{NodeId, PortId};
use crate::introspection::VERSION;
use crate::message::Message;
use crate::node::{Core, Origin, Problem, Rights};

/// A question that can be answered.
pub(crate) struct Question<'a> {
    pub(crate) core: &'a Arc<Core>,
    from: Option<&'a Origin>,
    /// What is between the version and the reply port.
    args: Vec<Value>,
    reply: PortId,
}

/// Where the answer goes, when it takes its time.
pub(super) struct Asker {
    core: Arc<Core>,
    reply: PortId,
}

/// Reads a question and lets `handle` answer it; an error is answered as its text.
///
/// # Errors
/// When there is nobody to answer to.
pub(super) fn ask(
    core: &Arc<Core>,
    from: Option<&Origin>,
    message: &Message,
    handle: fn(&Question<'_>) -> Result<(), String>,
) -> Result<(), Problem> {
    if message.is_long() {
        return Err("a question is longer than 64 KiB".into());
    }
    let mut args = message.values().map_err(|_| "undecodable")?;
    let reply = args.pop().filter(|_| !args.is_empty());
    let reply = reply.as_ref().and_then(Value::to_text).map(|id| PortId::from(&*id));
    let reply = reply.filter(|id| !id.is_node()).ok_or("the last argument is no reply port")?;
    may_be_answered(core, from, &reply)?;
    args.remove(0);
    let version = (!args.is_empty()).then(|| args.remove(0));
    let question = Question { core, from, args, reply };
    if version.as_ref().and_then(number) != Some(VERSION) {
        let asked = version.unwrap_or_default();
        let text =
            format!("version {asked} of {} is not known here, only {VERSION}", message.tag());
        core.snd(&question.reply, &("error", text, [VERSION]));
    } else if let Err(text) = handle(&question) {
        question.refuse(&text);
    }
    Ok(())
}

/// Whether the node that asks may have something sent to that port.
fn may_be_answered(core: &Core, from: Option<&Origin>, reply: &PortId) -> Result<(), Problem> {
    let Some(origin) = from else { return Ok(()) };
    let to = reply.node();
    if to == origin.peer.id() {
        Ok(())
    } else if to == core.id() {
        origin.demand("messages", Rights::may_send)
    } else {
        origin.demand("relay", Rights::may_relay)
    }
}

/// Foreign nodes are loosely typed.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

impl Question<'_> {
    /// Argument number `index`, or the default of its type.
    ///
    /// # Errors
    /// A text for the node that asks.
    pub(super) fn arg<T: Default + DeserializeOwned>(&self, index: usize) -> Result<T, String> {
        match self.args.get(index) {
            None | Some(Value::Null) => Ok(T::default()),
            Some(value) => aemp_transport::from_value_ref::<T>(value)
                .map_err(|error| format!("argument {}: {error}", index + 1)),
        }
    }

    pub(super) fn reply(&self) -> &PortId {
        &self.reply
    }

    /// The node that asks, unless it is this one.
    pub(super) fn asker(&self) -> Option<&NodeId> {
        self.from.map(|origin| origin.peer.id())
    }

    /// What the node that asks may, unless it is this one.
    pub(super) fn rights(&self) -> Option<&Rights> {
        self.from.map(|origin| &origin.rights)
    }

    /// Whether the node that asks may run that function.
    pub(super) fn may_run(&self, function: &str) -> bool {
        self.rights().is_none_or(|rights| rights.may_run(function))
    }

    /// Answers.
    pub(super) fn answer<T: Serialize>(&self, result: T) {
        self.core.snd(&self.reply, &("ok", result));
    }

    /// Answers that it cannot be granted.
    pub(super) fn refuse(&self, text: &str) {
        self.core.snd(&self.reply, &("error", text));
    }

    /// To be answered later.
    pub(super) fn later(&self) -> Asker {
        Asker { core: self.core.clone(), reply: self.reply.clone() }
    }
}

impl Asker {
    /// Answers.
    pub(super) fn answer<T: Serialize>(&self, result: T) {
        self.core.snd(&self.reply, &("ok", result));
    }
}
