//! The live nodes of this process.
//!
//! Used for one thing only: a typed handle that was made from a bare ID outside any port has to
//! send from somewhere. Nothing else looks here; nodes are values and share nothing.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::core::Core;
use crate::id::PortId;

static NODES: Mutex<Vec<Weak<Core>>> = Mutex::new(Vec::new());

pub(crate) fn add(core: &Arc<Core>) {
    let mut nodes = NODES.lock();
    nodes.retain(|node| node.strong_count() > 0);
    nodes.push(Arc::downgrade(core));
}

pub(crate) fn remove(core: &Core) {
    NODES.lock().retain(|node| !std::ptr::eq(node.as_ptr(), core));
}

/// The node that owns the port if it lives here, else the only node of the process.
pub(crate) fn node_for(port: &PortId) -> Option<Arc<Core>> {
    let nodes: Vec<Arc<Core>> = NODES.lock().iter().filter_map(Weak::upgrade).collect();
    let owner = nodes.iter().find(|core| core.id() == port.node());
    match (owner, nodes.as_slice()) {
        (Some(owner), _) => Some(owner.clone()),
        (None, [only]) => Some(only.clone()),
        _ => None,
    }
}
