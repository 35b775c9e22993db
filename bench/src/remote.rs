//! Ports on two nodes, over loopback, in each way of connecting them: small messages per second,
//! large ones in bytes, and round trips.
//!
//! Messages are sent in windows: after each the sender asks for the sum, and it is never more than
//! [`AHEAD`] windows ahead of the answers, so that the queue of the link does not overflow.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use aemp_actor::prelude::*;
use tokio::runtime::Runtime;

use crate::counter::{Counter, CounterRef, unbounded};
use crate::options::Options;
use crate::rounds::{measure, timed};
use crate::way::Way;
use crate::wire;

/// Messages of one window.
const WINDOW: usize = 10_000;

/// Windows that may be on their way.
const AHEAD: usize = 4;

/// Bytes of a large message.
const LARGE: usize = 1 << 20;

/// Prints the figures.
pub(crate) fn run(options: &Options) {
    let messages = (options.messages / 4 / WINDOW * WINDOW).max(WINDOW);
    println!("remote: over loopback, one sender");
    let runtime = crate::runtime();
    measure(options, "raw TCP, JSON encoded, packets parsed", messages, || {
        runtime.block_on(wire::round(messages))
    });
    for way in &options.ways {
        over(*way, options, messages, &runtime);
    }
    println!();
}

fn over(way: Way, options: &Options, messages: usize, runtime: &Runtime) {
    let name = way.name();
    let (here, there) = runtime.block_on(pair(way));
    let local = there.port_with(Counter::default(), unbounded());
    let counter = CounterRef::at(&here, &local);
    sends(&format!("{name}, one process"), options, messages, runtime, &here, &counter);
    drop((here, there));

    let (node, counter, mut other) = runtime.block_on(two_processes(way));
    sends(&format!("{name}, two processes"), options, messages, runtime, &node, &counter);
    let large = (messages / 10_000).max(1);
    let text = "x".repeat(LARGE);
    measure(options, &format!("1 MiB by ID, {name}, two processes"), large, || {
        runtime.block_on(timed(async {
            let id = PortId::from(&counter);
            for _ in 0..large {
                node.snd_wait(&id, ("add", 1, &text)).await.expect("room in time");
            }
            counter.sum().await.expect("an answer");
        }))
    });
    let requests = options.requests / 10;
    measure(options, &format!("requests and replies, {name}, two processes"), requests, || {
        runtime.block_on(timed(async {
            for _ in 0..requests {
                counter.sum().await.expect("an answer");
            }
        }))
    });
    drop(node);
    other.wait().expect("the other process ends");
}

fn sends(
    place: &str,
    options: &Options,
    messages: usize,
    runtime: &Runtime,
    node: &Node,
    counter: &CounterRef,
) {
    let id = PortId::from(counter);
    measure(options, &format!("typed handle, {place}"), messages, || {
        runtime.block_on(timed(windows(counter, messages, || counter.add(1))))
    });
    measure(options, &format!("snd by ID, {place}"), messages, || {
        runtime.block_on(timed(windows(counter, messages, || node.snd(&id, ("add", 1)))))
    });
}

/// Sends `messages` and waits until all are counted.
async fn windows(counter: &CounterRef, messages: usize, send: impl Fn()) {
    let before = counter.sum().await.expect("an answer");
    let mut ahead = VecDeque::new();
    for _ in 0..messages / WINDOW {
        (0..WINDOW).for_each(|_| send());
        ahead.push_back(counter.sum());
        if ahead.len() == AHEAD {
            let oldest = ahead.pop_front().expect("there are some");
            oldest.await.expect("an answer");
        }
    }
    for answer in ahead {
        answer.await.expect("an answer");
    }
    let counted = counter.sum().await.expect("an answer") - before;
    assert_eq!(counted, messages as u64);
}

/// Two nodes in this process.
async fn pair(way: Way) -> (Node, Node) {
    let here = Node::configure(way.config("here").bind(way.bind())).await.expect("a port is free");
    let seeds = here.listeners();
    let there = Node::configure(way.config("there").seeds(seeds)).await.expect("it is configured");
    here.wait_up("there").await;
    (here, there)
}

/// A node here, and a counter on a node in another process.
async fn two_processes(way: Way) -> (Node, CounterRef, Child) {
    let node = Node::configure(way.config("here").bind(way.bind())).await.expect("a port is free");
    let mut other = std::process::Command::new(std::env::current_exe().expect("our own path"))
        .args(["--remote-peer", &format!("{}={}", way.name(), node.listeners()[0])])
        .envs(Way::environment())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts once more");
    let output = other.stdout.take().expect("it is piped");
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).expect("the other process prints its counter");
    node.wait_up("there").await;
    let id: PortId = line.trim().parse().expect("a port ID");
    let counter = CounterRef::at(&node, id);
    (node, counter, other)
}

/// The other process: a counter on a node that lives as long as the connection to the first, which
/// is at `WAY=ADDRESS`.
pub(crate) fn peer(place: &str) {
    let (name, address) = place.split_once('=').expect("WAY=ADDRESS");
    let way = Way::named(name).expect("the name of a way");
    crate::runtime().block_on(async {
        let node =
            Node::configure(way.config("there").seed(address)).await.expect("it is configured");
        let counter = node.port_with(Counter::default(), unbounded());
        println!("{}", PortId::from(&counter));
        node.wait_up("here").await;
        let (tell, told) = tokio::sync::oneshot::channel();
        node.mon("here", move |_: Reason| tell.send(()).unwrap_or_default());
        told.await.expect("monitors fire");
    });
}
