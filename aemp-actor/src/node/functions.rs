//! What a node can be asked to run by name: init functions, known at link time, and callbacks,
//! registered at run time.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use dashmap::DashMap;

use super::core::Core;
use super::handle::Node;
use crate::die::Die;
use crate::id::{NodeId, PortName};
use crate::introspection;
use crate::message::{Message, shortened};
use crate::port::{FnPort, InitEntry, create_port};
use crate::reason::Reason;

pub(crate) type Callback = Arc<dyn Fn(FunctionCall) + Send + Sync>;

/// A call of a registered function: a message to the node port whose tag is the function's name.
#[derive(Debug)]
#[non_exhaustive]
pub struct FunctionCall {
    /// The node that was called.
    pub node: Node,
    /// The node that called; `None` for a call from this node.
    pub from: Option<NodeId>,
    /// The message: tag (the name) and arguments.
    pub message: Message,
}

/// The callbacks of one node.
#[derive(Default)]
pub(crate) struct Functions {
    callbacks: DashMap<String, Callback>,
}

impl Functions {
    /// True when the name was free.
    pub(crate) fn register(&self, name: String, f: Callback) -> bool {
        self.callbacks.insert(name, f).is_none()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.callbacks.iter().map(|entry| entry.key().clone()).collect()
    }

    pub(crate) fn find(&self, name: &str) -> Option<Callback> {
        self.callbacks.get(name).map(|callback| callback.clone())
    }
}

/// Panics when nobody could call a function of this name.
#[track_caller]
pub(crate) fn check_name(name: &str) {
    assert!(name.contains("::"), "the name of a function must contain \"::\": {name:?}");
    assert!(!introspection::is_reserved(name), "every node has a function {name:?} of its own");
}

/// The init functions of this process by name.
fn inits() -> &'static HashMap<&'static str, InitEntry> {
    static INITS: OnceLock<HashMap<&'static str, InitEntry>> = OnceLock::new();
    INITS.get_or_init(|| {
        let mut table = HashMap::new();
        for entry in inventory::iter::<InitEntry> {
            if table.insert(entry.name(), *entry).is_some() {
                tracing::error!(
                    target: "aemp",
                    "two init functions are named {:?}: only one of them can be spawned",
                    entry.name()
                );
            }
        }
        table
    })
}

/// The names of the init functions of this process.
pub fn init_names() -> impl Iterator<Item = &'static str> {
    inits().keys().copied()
}

/// Whether an init function of this name exists.
pub(crate) fn is_init(name: &str) -> bool {
    inits().contains_key(name)
}

/// Creates the port `port` and runs the init function of this name in its context. For an unknown
/// one there is no port: it counts as having died, so that its spawner is told in order. False
/// when the name is taken, or the node is shut down: nothing was done.
pub(crate) fn spawn(core: &Arc<Core>, port: PortName, init: &str, args: Message) -> bool {
    if let Some(entry) = inits().get(init) {
        return entry.create(core, port, args);
    }
    let text = format!("node {} has no init function {:?}", core.id(), shortened(init));
    let reason = Reason::from(Die::new(text));
    core.operated().port_died(&port, "unknown", &reason, core.environment());
    core.registry().add_stillborn(&port, &reason);
    true
}

/// Creates a port that dies at once; false as for [`spawn`].
pub(crate) fn fail(core: &Arc<Core>, port: PortName, die: Die) -> bool {
    create_port::<FnPort>(core, port, Box::new(move |_| Box::pin(async move { Err(die) })))
}
