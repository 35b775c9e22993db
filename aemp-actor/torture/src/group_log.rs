//! What is said of groups and joins, in the [`Log`].

use aemp_actor::{GroupChange, PortId};

use super::log::Log;
use super::record::{GrpMonEntry, GrpMonNo, NodeNo, PortNo, RegEntry, RegNo, View, What};

impl Log {
    /// A port is about to be registered.
    pub(super) fn registered(&self, on: NodeNo, group: &'static str, port: PortNo) -> RegNo {
        self.write(|record| {
            let no = record.regs.len();
            let begun = self.event(record, What::Registered(no));
            record.regs.push(RegEntry { on, group, port, begun, ended: None });
            no
        })
    }

    /// The registration is about to be taken back, or it was refused.
    pub(super) fn unregistered(&self, reg: RegNo) {
        self.write(|record| {
            let moment = self.event(record, What::Unregistered(reg));
            record.regs[reg].ended.get_or_insert(moment);
        });
    }

    /// A group that has these members is about to be monitored.
    pub(super) fn group_watched(
        &self,
        on: NodeNo,
        group: &'static str,
        members: Vec<PortId>,
        stream: bool,
    ) -> GrpMonNo {
        self.write(|record| {
            let no = record.grp_mons.len();
            let made = self.event(record, What::GroupWatched(no));
            let (cancelled, changes) = (None, Vec::new());
            let entry = GrpMonEntry { on, group, members, stream, made, cancelled, changes };
            record.grp_mons.push(entry);
            no
        })
    }

    pub(super) fn group_unwatched(&self, mon: GrpMonNo) {
        self.write(|record| {
            let moment = self.event(record, What::GroupUnwatched(mon));
            record.grp_mons[mon].cancelled.get_or_insert(moment);
        });
    }

    pub(super) fn group_changed(&self, mon: GrpMonNo, change: &GroupChange) {
        self.write(|record| {
            let Some(on) = record.grp_mons.get(mon).map(|entry| entry.on) else { return };
            if !record.is_crashed(on) {
                let change_no = record.grp_mons[mon].changes.len();
                let moment = self.event(record, What::GroupChanged(mon, change_no));
                record.grp_mons[mon].changes.push((moment, change.clone()));
            }
        });
    }

    pub(super) fn viewed(&self, view: View) {
        self.write(|record| {
            let no = record.views.len();
            record.views.push(view);
            self.event(record, What::Viewed(no));
        });
    }

    pub(super) fn joined(&self, node: NodeNo) {
        self.write(|record| {
            if !record.is_crashed(node) {
                self.event(record, What::Joined(node));
            }
        });
    }
}
