//! What nodes do with groups in a run: registrations, monitors, and looks at both.

use std::collections::BTreeMap;
use std::sync::Arc;

use aemp_actor::sim::internals::WeakNode;
use aemp_actor::{GroupError, GrpMonToken, GrpToken, Node, NodeId, PortId, PortRef};
use parking_lot::Mutex;

use super::actor::ActorRef;
use super::log::Log;
use super::record::{GrpMonNo, NodeNo, PortNo, RegNo, View};
use super::voice::Voice;
use super::world::World;

/// The groups that there may be. Any text is a name.
pub(super) const GROUPS: [&str; 4] = ["g", "timers", "группа;%\u{1F980}", ""];

/// For how long the reader of a stream lets changes pile up, in milliseconds.
const LONGEST_NAP: usize = 1500;

/// The tokens that are held.
#[derive(Default)]
pub(super) struct Tokens {
    registered: Mutex<BTreeMap<RegNo, (NodeNo, GrpToken)>>,
    monitors: Mutex<BTreeMap<GrpMonNo, (NodeNo, GrpMonToken)>>,
}

/// Does one thing with groups, in somebody's name.
pub(super) fn random(world: &World, voice: &impl Voice) {
    let (no, node) = (voice.on(), voice.node());
    if world.log.read(|record| record.nodes[no].ended.is_some()) {
        return;
    }
    match world.draw(|random| random.below(100)) {
        0..=54 => register(world, no, &node),
        55..=74 => unregister(world, no),
        75..=88 => watch(world, no, &node),
        89..=93 => follow(world, no, &node),
        _ => unwatch(world, no),
    }
}

fn register(world: &World, no: NodeNo, node: &Node) {
    let Some(group) = world.pick(&GROUPS) else { return };
    let here: Vec<PortNo> = world.log.read(|record| {
        let ports = 0..record.ports.len();
        ports.filter(|port| record.ports[*port].node == Some(no) && record.lives(*port)).collect()
    });
    let Some(port) = world.pick(&here) else { return };
    let id = world.id_of(port);
    let is_member = world.log.read(|record| record.is_registered(no, group, port));
    let reg = world.log.registered(no, group, port);
    let result = match world.percent(50) {
        true => node.group::<ActorRef>(group).join(&id),
        false => node.grp_reg(group, &id),
    };
    match result {
        Ok(token) if !is_member => {
            world.tokens.registered.lock().insert(reg, (no, token));
        }
        Err(GroupError::Twice { .. }) if is_member => world.log.unregistered(reg),
        result => {
            let text = format!("grp_reg of {id} in {group:?}, member: {is_member}: {result:?}");
            world.log.broken(12, text);
        }
    }
}

/// Takes a registration back, in one of the ways there are.
fn unregister(world: &World, no: NodeNo) {
    let held: Vec<RegNo> = {
        let registered = world.tokens.registered.lock();
        registered.iter().filter(|(_, (on, _))| *on == no).map(|(reg, _)| *reg).collect()
    };
    let Some(reg) = world.pick(&held) else { return };
    let Some((_, token)) = world.tokens.registered.lock().remove(&reg) else { return };
    world.log.unregistered(reg);
    if world.percent(50) {
        token.cancel();
    } else {
        drop(token.guard());
    }
}

fn watch(world: &World, no: NodeNo, node: &Node) {
    let Some(group) = world.pick(&GROUPS) else { return };
    let mon = world.log.group_watched(no, group, node.grp_get(group), false);
    let log = world.log.clone();
    let token = node.grp_mon(group, move |change| log.group_changed(mon, change));
    world.tokens.monitors.lock().insert(mon, (no, token));
}

/// Reads the changes as a stream, not always at once.
fn follow(world: &World, no: NodeNo, node: &Node) {
    let Some(group) = world.pick(&GROUPS) else { return };
    let mon = world.log.group_watched(no, group, node.grp_get(group), true);
    let mut events = node.grp_events(group);
    let log = world.log.clone();
    let nap = world.millis(0, LONGEST_NAP);
    tokio::spawn(async move {
        while let Some(change) = events.next().await {
            log.group_changed(mon, &change);
            tokio::time::sleep(nap).await;
        }
    });
}

fn unwatch(world: &World, no: NodeNo) {
    let held: Vec<GrpMonNo> = {
        let monitors = world.tokens.monitors.lock();
        monitors.iter().filter(|(_, (on, _))| *on == no).map(|(mon, _)| *mon).collect()
    };
    let Some(mon) = world.pick(&held) else { return };
    if let Some((_, token)) = world.tokens.monitors.lock().remove(&mon) {
        token.cancel();
        world.log.group_unwatched(mon);
    }
}

/// Writes down what each node sees of each group.
pub(super) fn take_views(world: &Arc<World>) {
    for (no, node) in world.nodes() {
        let up: Vec<String> = node.up_nodes().iter().map(ToString::to_string).collect();
        for group in GROUPS {
            let ports = node.grp_get(group);
            let typed = node.group::<ActorRef>(group).members();
            if !typed.iter().map(PortRef::id).eq(ports.iter().cloned()) {
                world.log.broken(12, format!("{group:?} of {}: {typed:?}, {ports:?}", node.id()));
            }
            let view = View { on: no, group, ports, up: up.clone() };
            world.log.viewed(view);
        }
        let odd: Vec<String> =
            node.groups().into_iter().filter(|name| !GROUPS.contains(&name.as_str())).collect();
        if !odd.is_empty() {
            world.log.broken(12, format!("{} sees the groups {odd:?}", node.id()));
        }
    }
}

/// A node is told that another is down: nothing of it may be left in its groups.
pub(super) fn look_for_ghosts(log: &Log, no: NodeNo, node: &WeakNode, down: &NodeId) {
    let members = GROUPS.iter().flat_map(|group| node.members(group));
    let ghosts: Vec<PortId> = members.filter(|port| port.node() == down).collect();
    if !ghosts.is_empty() && !log.read(|record| record.is_crashed(no)) {
        let host = log.read(|record| record.host(no).to_owned());
        log.broken(12, format!("{down} is down for {host}, its members are not: {ghosts:?}"));
    }
}
