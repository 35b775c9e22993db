//! Guarantees 3 and 10 at rest: each monitor that is held stands in the tables of both nodes, and
//! nothing is kept for one that is not, for a request that has ended, or for a port that is dead.

use std::collections::{BTreeMap, BTreeSet};

use aemp_actor::sim::internals::{Holdings, PortHoldings};
use aemp_actor::{Node, NodeId, PeerInfo, PeerState, PortId};

use super::mesh;
use super::record::{MonEntry, NodeNo, PortKind, PortNo, Record, Sender, WordKind};
use super::world::World;

/// Compares what the nodes hold with what they have to.
pub(super) fn compare(world: &World) {
    let nodes: Vec<(NodeNo, Node, Holdings)> = world
        .nodes()
        .into_iter()
        .map(|(no, node)| {
            let holdings = Holdings::of(&node);
            (no, node, holdings)
        })
        .collect();
    for (no, node, holdings) in &nodes {
        let mut findings = Vec::new();
        world.log.read(|record| {
            watches(record, *no, (node.id(), holdings), &mut findings);
            ports(record, *no, holdings, &mut findings);
        });
        for (_, other, theirs) in nodes.iter().filter(|(other, ..)| other != no) {
            agree((node.id(), holdings), (other.id(), theirs), &mut findings);
        }
        let (connections, most) = (holdings.relayed, most_relayed(world, node));
        if connections > most {
            findings.push((10, format!("{connections} relayed connections to {most} nodes")));
        }
        let (passed, most) = (holdings.passed, pairs(world));
        if passed > most {
            findings.push((10, format!("{passed} connections of {most} pairs are passed on")));
        }
        for (guarantee, text) in findings {
            world.log.broken(guarantee, format!("{}: {text}", node.id()));
        }
    }
}

type Findings = Vec<(u8, String)>;

/// The nodes that this one may be connected to through a third, or may be dialling so.
fn most_relayed(world: &World, node: &Node) -> usize {
    let own = node.id().as_str();
    let others = world.plan.hosts.iter().filter(|other| **other != own);
    others.filter(|other| world.plan.is_relayed(own, other) || goes_through(node, other)).count()
}

/// Pairs of nodes that may talk through a third.
fn pairs(world: &World) -> usize {
    let hosts = &world.plan.hosts;
    let nodes = world.nodes();
    let through = |a: &str, b: &str| {
        nodes.iter().any(|(_, node)| node.id().as_str() == a && goes_through(node, b))
    };
    let pairs = hosts.iter().enumerate().flat_map(|(index, a)| {
        let through = &through;
        hosts[index + 1..]
            .iter()
            .filter(move |b| world.plan.is_relayed(a, b) || through(a, b) || through(b, a))
    });
    pairs.count()
}

/// Whether the node is connected to the other one through a third, or tries to be connected.
fn goes_through(node: &Node, other: &str) -> bool {
    let connecting = |peer: PeerInfo| peer.state == PeerState::Connecting;
    mesh::is_relayed(node, other) || node.peer(other).is_some_and(connecting)
}

/// Whether the monitor is to fire one day.
fn is_held(record: &Record, mon: &MonEntry) -> bool {
    let owner = match mon.by {
        Sender::Port(port) => record.lives(port),
        Sender::Outside(_) => true,
    };
    let there = record.nodes[mon.on].ended.is_none() && record.lives(mon.target);
    there && owner && mon.ended() == usize::MAX
}

/// The monitors on ports of other nodes: those that somebody holds, and one of the mesh for each
/// node.
fn watches(
    record: &Record,
    no: NodeNo,
    (own, holdings): (&NodeId, &Holdings),
    findings: &mut Findings,
) {
    let mut expected: BTreeMap<&PortId, usize> = BTreeMap::new();
    for mon in record.mons.iter().filter(|mon| mon.on == no && is_held(record, mon)) {
        let id = &record.ports[mon.target].id;
        if id.node() != own {
            *expected.entry(id).or_default() += 1;
        }
    }
    for peer in &holdings.peers {
        let mut of_mesh = 0;
        for (id, count) in &peer.watches {
            match expected.remove(id) {
                Some(held) if held == *count => {}
                Some(held) if held > *count => {
                    findings.push((3, format!("{count} monitors on {id} in place of {held}")));
                }
                None if *count == 1 => of_mesh += 1,
                held => findings.push((10, format!("{count} monitors on {id}, held: {held:?}"))),
            }
        }
        if of_mesh > 1 {
            let text = format!("{of_mesh} monitors on ports of {} that nobody holds", peer.node);
            findings.push((10, text));
        }
    }
    for (id, count) in expected {
        findings.push((3, format!("{count} monitors on {id} stand in no table")));
    }
}

/// What one node watches on another is what the other believes.
fn agree(
    (node, holdings): (&NodeId, &Holdings),
    (other, theirs): (&NodeId, &Holdings),
    findings: &mut Findings,
) {
    let watching = holdings.peers.iter().find(|peer| peer.node == *other);
    let watching = watching.map(|peer| peer.watches.keys().collect()).unwrap_or_default();
    let watched = theirs.peers.iter().find(|peer| peer.node == *node);
    let watched: BTreeSet<&PortId> =
        watched.map(|peer| &peer.watched).into_iter().flatten().collect();
    for port in BTreeSet::difference(&watching, &watched) {
        findings.push((3, format!("{other} does not know that its port {port} is monitored")));
    }
    for port in watched.difference(&watching) {
        findings.push((10, format!("{other} holds a monitor on its port {port} that is none")));
    }
}

/// The ports of the node, and who watches each.
fn ports(record: &Record, no: NodeNo, holdings: &Holdings, findings: &mut Findings) {
    let peers = &holdings.peers;
    let mut living = 0;
    for PortHoldings { id, kind, watchers: held, .. } in &holdings.ports {
        let Some(port) = record.port_numbers.get(id).copied() else {
            if *kind == "reply" {
                findings.push((10, format!("{id} still waits for an answer")));
            }
            continue;
        };
        living += 1;
        if !record.lives(port) {
            findings.push((10, format!("p{port} is dead, and still there")));
            continue;
        }
        let remote = peers.iter().filter(|peer| peer.watched.contains(id)).count();
        let expected = watchers(record, no, port) + remote;
        if *held != expected {
            let text = format!("p{port} has {held} watchers in place of {expected}");
            findings.push((if *held < expected { 3 } else { 10 }, text));
        }
    }
    let expected = (0..record.ports.len()).filter(|port| {
        record.ports[*port].node == Some(no)
            && record.ports[*port].kind != PortKind::Node
            && record.lives(*port)
    });
    let expected = expected.count();
    if living != expected {
        findings.push((3, format!("{living} ports in place of {expected}")));
    }
    let spawned: usize = peers.iter().map(|peer| peer.spawned).sum();
    let living = record.words.iter().filter(|word| {
        let spawn = word.kind == WordKind::Spawn && word.on != no;
        spawn && record.ports[word.to].node == Some(no) && record.lives(word.to)
    });
    let living = living.count();
    if spawned != living {
        let text = format!("{spawned} ports count as spawned by others, {living} are");
        findings.push((10, text));
    }
}

/// How many there have to be on this node: who logs its death, its groups, its monitors, and who
/// counts it as spawned.
fn watchers(record: &Record, no: NodeNo, port: PortNo) -> usize {
    let groups = record.regs.iter().filter(|reg| reg.port == port && record.is_in_force(reg));
    let mons = record.mons.iter();
    let mons = mons.filter(|mon| mon.target == port && mon.on == no && is_held(record, mon));
    let spawned = record.words.iter();
    let spawned =
        spawned.filter(|word| word.to == port && word.kind == WordKind::Spawn && word.on != no);
    1 + groups.count() + mons.count() + spawned.count()
}
