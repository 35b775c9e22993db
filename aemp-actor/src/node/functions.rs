//! What a node can be asked to run by name: init functions, known at link time, and callbacks,
//! registered at run time.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use dashmap::DashMap;

use super::handle::Node;
use crate::id::NodeId;
use crate::message::Message;
use crate::port::InitEntry;

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

/// The init function of this name.
pub(super) fn init(name: &str) -> Option<&'static InitEntry> {
    inits().get(name)
}

/// Whether an init function of this name exists.
pub(crate) fn is_init(name: &str) -> bool {
    inits().contains_key(name)
}
