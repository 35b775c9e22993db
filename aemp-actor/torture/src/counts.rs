//! How much of groups and joins was seen.

use super::record::{PortKind, Record, What};

/// What happened with groups and in the mesh, and what was looked at.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct MeshCounts {
    /// Ports that were registered in a group.
    pub registrations: usize,
    /// Those that were node ports.
    pub node_ports: usize,
    /// Those that were members of another group already.
    pub in_several: usize,
    /// Registrations that were taken back by their token.
    pub cancelled: usize,
    /// Those that ended with their port.
    pub members_died: usize,
    /// Monitors of groups, the streams among them included.
    pub monitors: usize,
    /// Streams of changes.
    pub streams: usize,
    /// Changes that monitors were told of.
    pub changes: usize,
    /// Those with members that had come.
    pub added: usize,
    /// Those with members that were gone.
    pub removed: usize,
    /// Nodes that joined.
    pub joins: usize,
    /// Views of groups that were compared with what is true, at rest.
    pub views: usize,
    /// Members in them: each could have been a ghost.
    pub members: usize,
    /// Nodes going down, after each of which ghosts were looked for.
    pub downs: usize,
    /// Pairs of nodes that had to be connected at rest.
    pub pairs: usize,
    /// Pairs that were connected through a third node, in runs in which nodes listen where nobody
    /// can dial them.
    pub firewalled: usize,
}

impl MeshCounts {
    pub(super) fn of(record: &Record) -> Self {
        let regs = || record.regs.iter();
        let changes = || record.grp_mons.iter().flat_map(|mon| &mon.changes);
        let seen = |matches: fn(&What) -> bool| {
            record.events.iter().filter(|event| matches(&event.what)).count()
        };
        let several = |reg: &&super::record::RegEntry| {
            regs().any(|other| {
                let earlier = other.begun < reg.begun && other.ended.is_none_or(|e| e > reg.begun);
                other.port == reg.port && other.group != reg.group && earlier
            })
        };
        Self {
            registrations: regs().count(),
            node_ports: regs().filter(|reg| record.ports[reg.port].kind == PortKind::Node).count(),
            in_several: regs().filter(several).count(),
            cancelled: regs().filter(|reg| reg.ended.is_some()).count(),
            members_died: regs()
                .filter(|reg| reg.ended.is_none() && record.ports[reg.port].died.is_some())
                .count(),
            monitors: record.grp_mons.len(),
            streams: record.grp_mons.iter().filter(|mon| mon.stream).count(),
            changes: changes().count(),
            added: changes().filter(|(_, change)| !change.added.is_empty()).count(),
            removed: changes().filter(|(_, change)| !change.removed.is_empty()).count(),
            joins: seen(|what| matches!(what, What::Joined(_))),
            views: record.views.len(),
            members: record.views.iter().map(|view| view.ports.len()).sum(),
            downs: seen(|what| matches!(what, What::Down(..))),
            pairs: record.pairs,
            firewalled: if record.firewalled { record.relayed.len() } else { 0 },
        }
    }

    /// The counts with their names, in a fixed order.
    pub fn by_name(&self) -> [(&'static str, usize); 16] {
        [
            ("registrations", self.registrations),
            ("node ports among them", self.node_ports),
            ("of ports in another group", self.in_several),
            ("taken back", self.cancelled),
            ("ended with their port", self.members_died),
            ("group monitors", self.monitors),
            ("streams among them", self.streams),
            ("changes told", self.changes),
            ("of members that came", self.added),
            ("of members that went", self.removed),
            ("joins", self.joins),
            ("views compared", self.views),
            ("members in them", self.members),
            ("downs searched for ghosts", self.downs),
            ("pairs to be connected", self.pairs),
            ("pairs relayed past firewalls", self.firewalled),
        ]
    }

    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        self.registrations += other.registrations;
        self.node_ports += other.node_ports;
        self.in_several += other.in_several;
        self.cancelled += other.cancelled;
        self.members_died += other.members_died;
        self.monitors += other.monitors;
        self.streams += other.streams;
        self.changes += other.changes;
        self.added += other.added;
        self.removed += other.removed;
        self.joins += other.joins;
        self.views += other.views;
        self.members += other.members;
        self.downs += other.downs;
        self.pairs += other.pairs;
        self.firewalled += other.firewalled;
    }
}
