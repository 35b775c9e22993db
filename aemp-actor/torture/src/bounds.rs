//! Guarantee 10: what waits is bounded. Looked at while the program runs, where the bounds are low.

use aemp_actor::sim::internals;
use aemp_actor::{Node, PortId};

use super::record::{NodeNo, Sender, WordKind};
use super::world::World;

/// What wakes a port, and what kills it, needs no room: so many more messages may wait in the
/// mailbox.
fn free_of_room(world: &World, id: &PortId) -> usize {
    world.log.read(|record| {
        let Some(port) = record.port_numbers.get(id) else { return 0 };
        let told = record.mons.iter().filter(|mon| mon.by == Sender::Port(*port)).count();
        let kills = record.words.iter();
        told + kills.filter(|word| word.to == *port && word.kind == WordKind::Kill).count()
    })
}

/// Looks at all nodes.
pub(super) fn look_at_all(world: &World) {
    if world.plan.is_tight() {
        for (no, node) in world.nodes() {
            look(world, no, &node);
        }
    }
}

/// Looks at the queues and mailboxes of a node.
pub(super) fn look(world: &World, no: NodeNo, node: &Node) {
    if world.log.read(|record| record.nodes[no].ended.is_some()) {
        return;
    }
    if let Some(bound) = world.plan.max_queue {
        for peer in node.peers() {
            let waiting = peer.queued_bytes;
            if waiting > bound {
                let text = format!("{waiting} bytes wait for {} on {}", peer.node, node.id());
                world.log.broken(10, text);
            }
        }
    }
    let Some(bound) = world.plan.max_messages else { return };
    for internals::PortHoldings { id, waiting, .. } in internals::ports(node) {
        if waiting > bound && waiting > bound + free_of_room(world, &id) {
            world.log.broken(10, format!("{waiting} messages wait in the mailbox of {id}"));
        }
    }
}
