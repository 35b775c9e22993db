//! The two halves of a message's way to another node: until it waits to be written, and from what
//! was read until its handler has run.

use aemp_actor::prelude::*;
use aemp_actor::{Require, Secret};
use tokio::runtime::Runtime;

use crate::counter::{Counter, CounterRef, handled, runtime, unbounded, until};
use crate::held::Held;
use crate::section::guard_section;

/// Typed tells to another node: encoded, and queued for its connection.
pub(crate) fn encode_and_queue(count: usize) {
    let runtime = runtime();
    let pair = Pair::new(&runtime);
    let _entered = runtime.enter();
    // Nothing else runs meanwhile.
    guard_section(&mut || pair.send(count));
    pair.all_arrive(&runtime, count);
}

/// The other half, from bytes that wait to be read.
pub(crate) fn decode_and_deliver(count: usize) {
    let runtime = runtime();
    let pair = Pair::new(&runtime);
    pair.held.hold();
    let before = pair.held.written();
    runtime.block_on(async {
        pair.send(count);
        // Seven bytes or more each.
        until(|| pair.held.written() >= before + 7 * count && pair.held.settled()).await;
    });
    guard_section(&mut || pair.all_arrive(&runtime, count));
}

/// How many ports there are: where each is in tables with random seeds differs from run to run, and the mean
/// does not.
const PORTS: usize = 16;

/// Two nodes, and counters on the one that the other talks to.
struct Pair {
    held: Held,
    /// Keeps the sender running.
    _here: Node,
    _there: Node,
    /// The sender's handles.
    far: Vec<CounterRef>,
}

impl Pair {
    fn new(runtime: &Runtime) -> Self {
        let held = Held::new();
        let (here, there) = runtime.block_on(async {
            let there = config(&held, "there").bind("mem:there");
            let there = Node::configure(there).await.expect("nobody else listens there");
            let here = config(&held, "here").seed("mem:there");
            let here = Node::configure(here).await.expect("it is configured");
            here.wait_up("there").await;
            there.wait_up("here").await;
            (here, there)
        });
        let _entered = runtime.enter();
        let far: Vec<CounterRef> = (0..PORTS)
            .map(|_| CounterRef::at(&here, there.port_with(Counter::default(), unbounded())))
            .collect();
        // Once, so that what is done for the first message is done.
        runtime.block_on(async {
            for counter in &far {
                counter.sum().await.expect("an answer");
            }
        });
        Self { held, _here: here, _there: there, far }
    }

    /// Sends so many messages in all, those to a port in a row.
    fn send(&self, count: usize) {
        for counter in &self.far {
            (0..count / PORTS).for_each(|_| counter.add(1));
        }
    }

    /// Lets the receiver read until it has handled so many messages.
    fn all_arrive(&self, runtime: &Runtime, count: usize) {
        self.held.release();
        runtime.block_on(until(|| handled() == count));
    }
}

/// Not encrypted: what a cipher takes is not ours to guard.
fn config(held: &Held, id: &str) -> Config {
    let secret = Secret::from("a secret of the guard, which protects nothing");
    Config::new()
        .nodeid(id)
        .secret(secret)
        .stls(false)
        .require(Require::None)
        .transport(held.clone())
}
