//! One run: a random program under random faults, then peace, then the end of everything.

use std::sync::Arc;
use std::time::Duration;

use aemp_actor::Node;
use aemp_actor::sim::Census;

use super::bounds;
use super::ground::boot;
use super::groups;
use super::holdings;
use super::log::kill_reason;
use super::mesh;
use super::outside::Outside;
use super::record::{Moment, NodeNo, PortNo, Record, Sender, What, WordKind};
use super::world::World;

/// How much longer two nodes are parted than it takes them to give up, in milliseconds.
const LONGEST_SEPARATION: usize = 100_000;

/// How long the nodes have to shut down at the end.
const FAREWELL: Duration = Duration::from_secs(1);

/// How often a node that has a packet in a queue is looked at again: not all are signs of life.
const SIGNS_OF_LIFE: usize = 10;

/// Who kills the ports at the end.
const REAPER: Sender = Sender::Outside(usize::MAX);

/// Runs the program of a world, while `rage` does harm: until one of them has come to its end.
/// `heal` ends the harm.
pub(super) async fn run(
    world: &Arc<World>,
    rage: impl Future<Output = ()>,
    heal: impl Fn(),
) -> Record {
    let mut program = Program { world: world.clone(), outsiders: vec![] };
    for host in world.plan.hosts.clone() {
        boot(world, host).await;
    }
    tokio::select! {
        biased;
        () = program.act() => {}
        () = rage => {}
    }
    program.make_peace(heal).await;
    program.end().await;
    // A copy: monitors fire once more when the runtime ends, and write on.
    let mut record = world.log.read(Clone::clone);
    record.tight_queues = world.plan.max_queue.is_some();
    record.firewalled = world.plan.firewalled;
    record.tight_mailboxes = world.plan.max_messages.is_some();
    record
}

struct Program {
    world: Arc<World>,
    outsiders: Vec<Outside>,
}

impl Program {
    /// The random part.
    async fn act(&mut self) {
        for _ in 0..self.world.plan.steps {
            if self.world.percent(70) {
                let pause = self.world.plan.pause.clone();
                let pause = self.world.draw(|random| random.duration(&pause));
                tokio::time::sleep(pause).await;
            }
            match self.world.draw(|random| random.below(100)) {
                0..=3 => self.make_port(),
                4..=24 => self.let_outsider_act(),
                _ => self.let_port_act(),
            }
            bounds::look_at_all(&self.world);
        }
    }

    fn make_port(&self) {
        if let Some((no, node)) = self.world.pick(&self.world.nodes()) {
            self.world.make(no, &node);
        }
    }

    fn let_port_act(&self) {
        let actors = self.world.actors();
        let Some((port, actor)) = self.world.pick(&actors) else { return };
        for _ in 0..self.world.draw(|random| random.within(1..=3)) {
            self.world.have(port, &actor, |actor, ctx| actor.act(ctx));
        }
    }

    fn let_outsider_act(&mut self) {
        let Some((no, node)) = self.world.pick(&self.world.nodes()) else { return };
        self.outsider(no, node).act();
    }

    /// The one of this node.
    fn outsider(&mut self, on: NodeNo, node: Node) -> &mut Outside {
        let index = self.outsiders.iter().position(|outsider| outsider.node() == on);
        let index = index.unwrap_or_else(|| {
            let no = self.outsiders.len();
            self.outsiders.push(Outside::new(&self.world, no, on, node));
            no
        });
        &mut self.outsiders[index]
    }

    /// Ends the faults, and has everybody speak once more to whom it spoke.
    async fn make_peace(&mut self, heal: impl Fn()) {
        self.world.log.note("the faults are over");
        heal();
        self.world.calm_down();
        self.wait(self.world.plan.repaired).await;
        heal();
        self.wait(self.world.plan.healing).await;
        mesh::make_whole(&self.world).await;
        if self.world.plan.separation {
            self.part_two(heal).await;
        }
        self.settled();
        for (port, actor) in self.world.actors() {
            self.world.have(port, &actor, |actor, ctx| {
                actor.probe(ctx);
                Ok(())
            });
        }
        let running: Vec<NodeNo> = self.world.nodes().into_iter().map(|(no, _)| no).collect();
        for outsider in &mut self.outsiders {
            if running.contains(&outsider.node()) {
                outsider.probe();
            }
        }
        self.wait(self.world.plan.quiet).await;
        self.settled();
        self.count_losses();
        self.count_connections();
    }

    /// 10: what was lost is counted: of messages within a node, and of all where no connection was
    /// lost.
    fn count_losses(&self) {
        let nodes = self.world.nodes();
        let counted = |node: &Node| {
            let d = node.dropped();
            let lost = d.dead_port + d.unknown_port + d.mailbox_full + d.queue_full;
            lost + d.no_connection + d.cut_off + d.closed + d.refused + d.bad_message
        };
        let lost = |from: Option<NodeNo>| {
            self.world.log.read(|record| {
                let lost = record.words.iter().filter(|word| {
                    let sent = word.kind == WordKind::Message && word.delivered.is_empty();
                    let to = record.ports[word.to].node;
                    sent && from.is_none_or(|from| word.on == from && to == Some(from))
                });
                lost.count() as u64
            })
        };
        for (no, node) in &nodes {
            let (lost, counted) = (lost(Some(*no)), counted(node));
            if lost > counted {
                let text =
                    format!("{lost} messages were lost within {}, {counted} counted", node.id());
                self.world.log.broken(10, text);
            }
        }
        let (lost, counted) = (lost(None), nodes.iter().map(|(_, node)| counted(node)).sum());
        let calm = self.world.log.read(|record| {
            let ends =
                |what: &What| matches!(what, What::Down(..) | What::Crash(_) | What::Shutdown(_));
            !record.events.iter().any(|event| ends(&event.what))
        });
        if calm && lost > counted {
            let counts: Vec<_> =
                nodes.iter().map(|(_, node)| (node.id(), node.dropped())).collect();
            let text = format!("{lost} messages were lost, {counted} counted: {counts:?}");
            self.world.log.broken(10, text);
        }
    }

    /// 13: two nodes that nothing passes between for so long that all have given up find each
    /// other again, though neither has anything to say.
    async fn part_two(&self, heal: impl Fn()) {
        let world = &self.world;
        let hosts = &world.plan.hosts;
        let Some(one) = world.pick(hosts) else { return };
        let others: Vec<&str> = hosts.iter().copied().filter(|host| *host != one).collect();
        let Some(other) = world.pick(&others) else { return };
        if !world.ground.part(one, other) {
            return;
        }
        world.log.disturb(one, other);
        world.log.note(format!("{one} and {other} are parted"));
        let longest = world.millis(0, LONGEST_SEPARATION);
        self.wait(world.plan.healing + longest).await;
        heal();
        mesh::make_whole(world).await;
        self.wait(world.plan.healing).await;
    }

    /// Everything is at rest.
    fn settled(&self) {
        if !self.world.plan.threaded {
            holdings::compare(&self.world);
        }
        self.world.log.settled();
        groups::take_views(&self.world);
    }

    /// Lets everything come to rest.
    async fn wait(&self, time: Duration) {
        tokio::time::sleep(time + time / 8).await;
    }

    /// Between two nodes there is one connection, or none.
    fn count_connections(&self) {
        let nodes = self.world.nodes();
        for (index, (_, one)) in nodes.iter().enumerate() {
            for (_, other) in &nodes[index + 1..] {
                let (a, b) = (one.id().as_str(), other.id().as_str());
                let count = self.world.ground.connections(a, b);
                let up = [one.node_is_up(other), other.node_is_up(one)].map(usize::from);
                let relayed =
                    mesh::is_relayed(one, other.id()) || mesh::is_relayed(other, one.id());
                if self.world.plan.is_relayed(a, b) || relayed && count == 0 {
                    if up[0] != up[1] {
                        let text = format!("relayed between {a} and {b}, up: {up:?}");
                        self.world.log.broken(8, text);
                    }
                } else if up != [count; 2] {
                    let text = format!("{count} connections between {a} and {b}, up: {up:?}");
                    self.world.log.broken(8, text);
                }
            }
        }
    }

    /// 10: when all ports are dead, nothing is held for them any more.
    async fn take_census(&self) {
        let nodes = self.world.nodes();
        // A sign of life may be on its way just now.
        for _ in 0..SIGNS_OF_LIFE {
            if nodes.iter().all(|(_, node)| Census::of(node).waiting == 0) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let others = nodes.len().saturating_sub(1);
        for (no, node) in &nodes {
            let census = Census::of(node);
            let watching = self.world.log.read(|record| {
                let mons = record.mons.iter();
                mons.filter(|mon| mon.on == *no && mon.ended() == Moment::MAX).count()
            });
            // The mesh has its share.
            let fine = census.ports <= others
                && census.spawned <= others
                && census.watched <= 2 * others
                && census.watching <= watching + others
                && census.waiting == 0;
            if !fine {
                let text = format!("{} holds {census:?}, {watching} monitors live", node.id());
                self.world.log.broken(10, text);
            }
        }
    }

    /// Ports watch each other, those of one host if it is given: most of those that are left.
    async fn watch_each_other(&self, host: Option<&str>) {
        let world = &self.world;
        let there = |port: &PortNo| host.is_none_or(|host| world.id_of(*port).node() == host);
        let targets: Vec<PortNo> = world.living().into_iter().filter(there).collect();
        for (port, actor) in world.actors() {
            if let Some(target) = world.pick(&targets).filter(|target| *target != port) {
                world.have(port, &actor, move |actor, ctx| {
                    actor.watch(ctx, target);
                    Ok(())
                });
            }
        }
        self.wait(world.plan.quiet).await;
    }

    /// 3, 11: in all calm a node ends, whose ports many watch.
    async fn end_one(&self) {
        let world = &self.world;
        let Some(host) = world.pick(&world.plan.hosts) else { return };
        self.watch_each_other(Some(host)).await;
        self.wait(world.plan.quiet / 2).await;
        let Some((no, node)) = world.stopped(host) else { return };
        if world.percent(50) {
            let deadline = world.plan.healing;
            world.log.shutdown(no, deadline);
            node.shutdown(deadline).await;
            world.log.shutdown_done(no);
        } else {
            world.log.crash(no);
            world.ground.crash(host);
            self.wait(world.plan.monitor_timeout.mul_f64(1.5)).await;
        }
        drop(node);
        self.wait(world.plan.quiet).await;
        self.settled();
    }

    /// Kills one half of the ports, then the other; every monitor has to tell of it.
    async fn end(&mut self) {
        self.watch_each_other(None).await;
        self.world.log.note("half of the ports are killed");
        for percent in [50, 100] {
            for (no, node) in self.world.nodes() {
                let doomed = self.world.living().into_iter();
                let doomed = doomed.filter(|port| self.world.id_of(*port).node() == node.id());
                for port in doomed.filter(|_| self.world.percent(percent)) {
                    let word = self.world.log.sent(REAPER, no, port, WordKind::Kill);
                    node.kil(self.world.id_of(port), kill_reason(word));
                }
            }
            self.wait(self.world.plan.quiet).await;
            self.settled();
            if percent < 100 && !self.world.plan.threaded {
                self.end_one().await;
            }
        }
        self.take_census().await;
        self.outsiders.clear();
        for (no, node) in self.world.clear() {
            self.world.log.shutdown(no, FAREWELL);
            node.shutdown(FAREWELL).await;
        }
    }
}
