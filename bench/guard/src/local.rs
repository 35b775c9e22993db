//! Paths within one node.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use aemp_actor::Pick;
use aemp_actor::prelude::*;
use tokio::runtime::Runtime;

use crate::counter::{Counter, CounterRef, handled, runtime, unbounded, until};
use crate::section::guard_section;

/// After how many operations others have a turn.
const WINDOW: usize = 128;

/// Of how many nodes, one after the other, what is random counts: the seeds of their tables, and the names
/// of their ports. Each run meets others, and their mean is the same.
const NODES: usize = 16;

/// Members of the group that is picked from.
const MEMBERS: usize = 100;

/// A node with the same ID in each run: IDs are compared and hashed.
fn node(runtime: &Runtime) -> Node {
    let config = Config::new().nodeid("guard").secret("a secret that this node shows nobody");
    runtime.block_on(async { Node::configure(config).await.expect("it is configured") })
}

pub(crate) fn tell(count: usize) {
    tells(count, |_, _, counter| counter.add(1));
}

pub(crate) fn tell_by_id(count: usize) {
    tells(count, |node, id, _| node.snd(id, ("add", 1)));
}

fn tells(count: usize, tell: impl Fn(&Node, &PortId, &CounterRef)) {
    let runtime = runtime();
    let _entered = runtime.enter();
    let node = node(&runtime);
    let counter = node.port_with(Counter::default(), unbounded());
    let id = PortId::from(&counter);
    guard_section(&mut || {
        runtime.block_on(async {
            for done in 1..=count {
                tell(&node, &id, &counter);
                if done % WINDOW == 0 {
                    tokio::task::yield_now().await;
                }
            }
            until(|| handled() == count).await;
        });
    });
}

pub(crate) fn request(count: usize) {
    let runtime = runtime();
    let _entered = runtime.enter();
    let node = node(&runtime);
    let counter = node.port(Counter::default());
    guard_section(&mut || {
        runtime.block_on(async {
            for _ in 0..count {
                counter.sum().await.expect("an answer");
            }
        });
    });
}

pub(crate) fn request_by_id(count: usize) {
    let runtime = runtime();
    let _entered = runtime.enter();
    let node = node(&runtime);
    let counter = node.port(Counter::default());
    let id = PortId::from(&counter);
    guard_section(&mut || {
        runtime.block_on(async {
            for _ in 0..count {
                let (_sum,): (u64,) = node.cal(&id, ("sum",)).await.expect("an answer");
            }
        });
    });
}

pub(crate) fn spawn_and_kill(count: usize) {
    let runtime = runtime();
    let _entered = runtime.enter();
    let nodes: Vec<Node> = (0..NODES).map(|_| node(&runtime)).collect();
    guard_section(&mut || {
        runtime.block_on(async {
            for node in &nodes {
                let before = node.port_count();
                for done in 1..=count / NODES {
                    let counter = node.port(Counter::default());
                    node.kil(&counter, Reason::normal());
                    if done % WINDOW == 0 {
                        tokio::task::yield_now().await;
                    }
                }
                until(|| node.port_count() == before).await;
            }
        });
    });
}

pub(crate) fn monitor_and_fire(count: usize) {
    let runtime = runtime();
    let _entered = runtime.enter();
    let node = node(&runtime);
    let counter = node.port(Counter::default());
    let id = PortId::from(&counter);
    let fired = Arc::new(AtomicUsize::new(0));
    guard_section(&mut || {
        runtime.block_on(async {
            for _ in 0..count {
                let fired = Arc::clone(&fired);
                node.mon(&id, move |_: Reason| {
                    fired.fetch_add(1, Relaxed);
                });
            }
            node.kil(&id, Reason::normal());
            until(|| fired.load(Relaxed) == count).await;
        });
    });
}

pub(crate) fn group_pick(count: usize) {
    let runtime = runtime();
    let _entered = runtime.enter();
    let nodes: Vec<Node> = (0..NODES).map(|_| node(&runtime)).collect();
    let mut members = Vec::new();
    for node in &nodes {
        for _ in 0..MEMBERS {
            let member = node.port(Counter::default());
            node.grp_reg("members", &member).expect("it can be a member");
            members.push(member);
        }
    }
    guard_section(&mut || {
        for node in &nodes {
            for _ in 0..count / NODES {
                node.grp_pick("members", Pick::RoundRobin).expect("there are members");
            }
        }
    });
}
