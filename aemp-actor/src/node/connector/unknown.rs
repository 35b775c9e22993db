//! What is said of a node that nobody knows.

use std::time::Duration;

use tokio::time::Instant;

use crate::id::NodeId;
use crate::node::core::Core;
use crate::suggestion::nearest;

/// Other nodes that are named.
const NAMED: usize = 8;

/// Why there is no connection to a node of which no address is known: there is no such node, as far
/// as can be seen, or the network is not reached.
pub(super) fn why(core: &Core, node: &NodeId) -> String {
    let mut others = core.up_nodes();
    others.retain(|other| !other.is_anonymous());
    let problems = core.network().mesh().seeds().borrow().problems();
    let seeds = if problems.is_empty() { String::new() } else { format!("; {problems}") };
    if others.is_empty() {
        let unknown = "no address is known for it, and it did not connect";
        return format!("no connection to node {node}: {unknown}{seeds}");
    }
    let meant = nearest(node.as_str(), others.iter().map(NodeId::as_str));
    let meant = meant.map(|other| format!(" (did you mean {other}?)")).unwrap_or_default();
    format!("no node {node}{meant}; there {}{seeds}", named(&others))
}

/// Says in the log, now and then, that a node is waited for of which nobody knows an address.
pub(super) fn warn(core: &Core, node: &NodeId, left: Duration) {
    let may_log = core.network().refusals().lock().may_log("unknown nodes", Instant::now());
    if may_log.is_some() {
        let (why, left) = (why(core, node), left.as_secs_f64().ceil());
        tracing::warn!(target: "aemp", "{why}; waiting for it for {left} s more");
    }
}

/// Whether nobody will be connected before somebody has changed a configuration.
pub(super) fn is_hopeless(core: &Core) -> bool {
    let may_be_dialled = core.network().has_listeners();
    !may_be_dialled
        && core.up_nodes().is_empty()
        && core.network().mesh().seeds().borrow().are_hopeless()
}

fn named(nodes: &[NodeId]) -> String {
    let names: Vec<&str> = nodes.iter().take(NAMED).map(NodeId::as_str).collect();
    let more = nodes.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let verb = if nodes.len() == 1 { "is" } else { "are" };
    format!("{verb} {}{more}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_are_named() {
        let nodes: Vec<_> = (0..10).map(|n| NodeId::from(format!("n{n}"))).collect();
        assert_eq!(named(&nodes[..1]), "is n0");
        assert_eq!(named(&nodes[..2]), "are n0, n1");
        assert_eq!(named(&nodes), "are n0, n1, n2, n3, n4, n5, n6, n7 and 2 more");
    }
}
