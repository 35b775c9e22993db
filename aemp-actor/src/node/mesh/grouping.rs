//! The group side of what a node knows: who registers what, and who is told.

use super::effect::Effect;
use super::membership::{Effects, Membership};
use super::news::News;
use crate::fail_points::fail_point;
use crate::group::{GroupTable, Refused};
use crate::id::{NodeId, PortId};

impl Membership {
    pub(super) fn groups(&self) -> &GroupTable {
        &self.groups
    }

    pub(super) fn groups_mut(&mut self) -> &mut GroupTable {
        &mut self.groups
    }

    /// Another node has registered ports, or more than it may.
    pub(super) fn registered(
        &mut self,
        node: &NodeId,
        attempt: u64,
        registered: Result<(), Refused>,
        effects: &mut Effects,
    ) {
        match registered {
            Ok(()) | Err(Refused::Twice) => self.groups_changed(effects),
            // The connection is closed instead of missing some in silence (guarantee 12).
            Err(refused) => effects.push_back(Effect::Exceeded {
                node: node.clone(),
                attempt,
                text: format!("node {node} has {refused}"),
            }),
        }
    }

    pub(super) fn groups_changed(&mut self, effects: &mut Effects) {
        effects.extend(self.groups.take_changes().map(Effect::Changed));
    }

    /// Registers a port of this node.
    pub(super) fn register(
        &mut self,
        group: &str,
        port: &PortId,
        effects: &mut Effects,
    ) -> Result<(), Refused> {
        self.groups.add(group, port.clone())?;
        self.registration_changed(group, port, true, effects);
        Ok(())
    }

    pub(super) fn unregister(&mut self, group: &str, port: &PortId, effects: &mut Effects) {
        if self.groups.remove(group, port) {
            self.registration_changed(group, port, false, effects);
        }
    }

    fn registration_changed(
        &mut self,
        group: &str,
        port: &PortId,
        begin: bool,
        effects: &mut Effects,
    ) {
        for node in self.up.keys() {
            if begin || !fail_point!(LoseUnregistration) {
                self.tell(node, News::registered(group, port, begin), effects);
            }
        }
        self.groups_changed(effects);
    }
}
