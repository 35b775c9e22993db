//! Catching the log lines of other nodes.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Weak};

use aemp_transport::Value;
use parking_lot::Mutex;

use super::CONNECT;
use super::forwarding::silently;
use crate::id::{NodeId, PortId};
use crate::message::Message;
use crate::node::{Core, Node, NodesToken};

/// The version of the protocol.
pub(super) const VERSION: i64 = 0;

/// A log line of another node.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct LogLine {
    /// The node that logged it.
    pub node: NodeId,
    /// Its level, from 0 (the most urgent) to 9: see [`log`](crate::log).
    pub level: u8,
    /// Its text, without an end of line.
    pub text: String,
}

/// The catching of log lines. Dropping it changes nothing; [`cancel`](Self::cancel) stops it.
#[derive(Clone)]
pub struct LogCatching {
    catching: Weak<Catching>,
    core: Weak<Core>,
    token: NodesToken,
}

struct Catching {
    level: u8,
    f: Box<dyn Fn(&LogLine) + Send + Sync>,
    /// The port to which each node tells its lines. `None` when it is all over.
    ports: Mutex<Option<HashMap<NodeId, PortId>>>,
}

/// Logs of other nodes.
impl Node {
    /// Calls `f` with each log line, of this level or more urgent (lower), of each other node that
    /// is up or comes up, until it is cancelled or the node is shut down. See [`log`](crate::log)
    /// for levels, and for what may be left out.
    ///
    /// `f` runs in a port of this node and may take its time; it may log, but to nobody else.
    pub fn catch_logs(
        &self,
        level: u8,
        f: impl Fn(&LogLine) + Send + Sync + 'static,
    ) -> LogCatching {
        let f = Box::new(f);
        let catching = Arc::new(Catching { level, f, ports: Mutex::new(Some(HashMap::new())) });
        let (told, core) = (catching.clone(), Arc::downgrade(self.core()));
        // First the changes, so that nobody comes up between the two; a node that is told of twice
        // is asked once.
        let token = self.mon_nodes(move |event| {
            let Some(core) = core.upgrade() else { return };
            if event.is_up() {
                told.ask(&core, event.node());
            } else {
                told.forget(&core, event.node());
            }
        });
        for node in self.up_nodes() {
            catching.ask(self.core(), &node);
            // It may have gone down just before it was asked.
            if !self.node_is_up(&node) {
                catching.forget(self.core(), &node);
            }
        }
        let core = Arc::downgrade(self.core());
        LogCatching { catching: Arc::downgrade(&catching), core, token }
    }
}

impl Catching {
    fn ask(self: &Arc<Self>, core: &Arc<Core>, node: &NodeId) {
        let catching = self.clone();
        let of = node.clone();
        let handler = move |message: Message| {
            if let Some(line) = LogLine::read(&of, &message) {
                silently(|| (catching.f)(&line));
            }
        };
        let port = Node::of_core(core).port_fn(move |_, message| handler(message)).id();
        let ours = match &mut *self.ports.lock() {
            Some(ports) if !ports.contains_key(node) => {
                ports.insert(node.clone(), port.clone());
                true
            }
            _ => false,
        };
        if ours {
            let question = (CONNECT, VERSION, port.to_string(), self.level);
            core.snd(&PortId::of_node(node), &question);
        } else {
            core.kil(&port, ().into());
        }
    }

    fn forget(&self, core: &Arc<Core>, node: &NodeId) {
        let port = self.ports.lock().as_mut().and_then(|ports| ports.remove(node));
        if let Some(port) = port {
            core.kil(&port, ().into());
        }
    }
}

impl LogLine {
    /// `LEVEL TEXT` of 1.x, or `TIME CONTEXT LEVEL TEXT` of 2.x.
    fn read(node: &NodeId, message: &Message) -> Option<Self> {
        let values = message.values().ok()?;
        let (level, text) = match &values[..] {
            [level, text] | [_, _, level, text] => (level, text),
            _ => return None,
        };
        let level: u8 = match level {
            Value::Str(digits) => digits.parse().ok()?,
            number => number.as_u64()?.try_into().ok()?,
        };
        let text = text.as_str().map_or_else(|| text.to_string(), str::to_owned);
        Some(Self { node: node.clone(), level, text: text.trim_end_matches('\n').to_owned() })
    }
}

impl LogCatching {
    /// Stops it: the nodes are told, and lines that come all the same are dropped.
    pub fn cancel(&self) {
        self.token.cancel();
        let (Some(catching), Some(core)) = (self.catching.upgrade(), self.core.upgrade()) else {
            return;
        };
        let ports = catching.ports.lock().take();
        for port in ports.into_iter().flat_map(HashMap::into_values) {
            core.kil(&port, ().into());
        }
    }
}

impl fmt::Debug for LogCatching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = self.catching.upgrade().map(|catching| catching.level);
        f.debug_struct("LogCatching").field("level", &level).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_generations_are_read() {
        let read = |values: Vec<Value>| {
            let line = LogLine::read(&"n".into(), &Message::from_values(values))?;
            Some((line.level, line.text))
        };
        let text = || Value::from("hello\n");
        assert_eq!(read(vec![Value::Int(5), text()]), Some((5, "hello".into())));
        assert_eq!(read(vec![Value::from("9"), text()]), Some((9, "hello".into())));
        let long = vec![Value::Float(1.5), Value::from("ctx"), Value::Int(3), text()];
        assert_eq!(read(long), Some((3, "hello".into())));
        assert_eq!(read(vec![text()]), None);
        assert_eq!(read(vec![text(), text()]), None);
    }
}
