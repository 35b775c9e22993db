//! Ends ports, those at once that do not end in time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::id::PortId;
use crate::node::{Alarm, Core, timer_deadline};
use crate::reason::Reason;

/// Ends a port of this node: see [`end_all`].
pub(super) fn end(core: &Arc<Core>, port: PortId, deadline: Option<Duration>, reason: Reason) {
    end_all(core, [(port, deadline)], &reason);
}

/// Tells ports to end, and kills those at once that have not ended by their deadline; a deadline of zero
/// kills at once.
pub(crate) fn end_all(
    core: &Arc<Core>,
    ports: impl IntoIterator<Item = (PortId, Option<Duration>)>,
    reason: &Reason,
) {
    let mut late: BTreeMap<Duration, Vec<PortId>> = BTreeMap::new();
    for (port, deadline) in ports {
        if deadline.is_some_and(|deadline| deadline.is_zero()) {
            core.kil_now(&port, reason.clone());
            continue;
        }
        core.kil(&port, reason.clone());
        // Other nodes see to that themselves.
        if let Some(deadline) = deadline.filter(|_| port.node() == core.id()) {
            late.entry(deadline).or_default().push(port);
        }
    }
    for (deadline, ports) in late {
        let (weak, reason) = (Arc::downgrade(core), reason.clone());
        let due = move |_| {
            let Some(core) = weak.upgrade() else { return };
            ports.iter().for_each(|port| core.kil_now(port, reason.clone()));
        };
        let key = core.timers().key(timer_deadline(deadline));
        // On a node that is shut down they die anyway.
        drop(core.timers().add(key, Alarm::Run(Box::new(due))));
    }
}
