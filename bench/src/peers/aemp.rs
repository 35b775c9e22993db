//! Ours: ports, spoken to by typed handle, and by ID.

use std::sync::OnceLock;

use aemp_actor::PortOptions;
use aemp_actor::prelude::*;
use bytes::Bytes;

use super::aemp_remote::{Encrypted, Json, Nodes, Plain, Quic};
use crate::contender::{Contender, Live, Local, Tokens};

pub(super) const ALL: [Contender; 5] = [
    Contender::local::<Typed>(super::OURS).and_remote::<Nodes<Encrypted>>(),
    Contender::local::<ById>(super::BY_ID),
    Contender::remote::<Nodes<Plain>>("aemp, unencrypted"),
    Contender::remote::<Nodes<Json>>("aemp, JSON"),
    Contender::remote::<Nodes<Quic>>("aemp, QUIC"),
];

/// The port.
#[derive(Default, Port)]
pub(crate) struct Worker {
    sum: u64,
    next: Option<(WorkerRef, Tokens)>,
    _live: Live,
}

#[rcv]
impl Worker {
    pub(crate) fn add(&mut self, n: u64) {
        self.sum += n;
    }

    #[expect(clippy::needless_pass_by_value, reason = "so it was sent")]
    pub(crate) fn bytes(&mut self, payload: Bytes) {
        self.sum += payload.len() as u64;
    }

    pub(crate) fn sum(&self) -> u64 {
        self.sum
    }

    #[rcv(local)]
    pub(crate) fn join(&mut self, next: WorkerRef, tokens: Tokens) {
        self.next = Some((next, tokens));
    }

    pub(crate) fn pass(&self, steps: u64) {
        let Some((next, tokens)) = &self.next else { return };
        if steps == 0 {
            tokens.arrived();
        } else {
            next.pass(steps - 1);
        }
    }
}

/// A mailbox without bounds, as the raw channel has none: producers that outpace an actor are part
/// of the measurement.
pub(crate) fn unbounded() -> PortOptions {
    PortOptions::new().max_messages(usize::MAX).max_bytes(usize::MAX)
}

/// The node of this process.
fn node() -> &'static Node {
    static NODE: OnceLock<Node> = OnceLock::new();
    NODE.get_or_init(Node::local)
}

struct Typed;

impl Local for Typed {
    type Handle = WorkerRef;

    async fn spawn() -> WorkerRef {
        node().port_with(Worker::default(), unbounded())
    }

    async fn tell(to: &WorkerRef, n: u64) {
        to.add(n);
    }

    async fn ask(to: &WorkerRef) -> u64 {
        to.sum().await.expect("an answer")
    }

    async fn join(to: &WorkerRef, next: WorkerRef, tokens: Tokens) {
        to.join(next, tokens).expect("it is on this node");
    }

    async fn pass(to: &WorkerRef, steps: u64) {
        to.pass(steps);
    }

    async fn kill(handle: WorkerRef) {
        node().kil(&handle, Reason::normal());
    }
}

struct ById;

impl Local for ById {
    type Handle = PortId;

    async fn spawn() -> PortId {
        PortId::from(&Typed::spawn().await)
    }

    async fn tell(to: &PortId, n: u64) {
        node().snd(to, ("add", n));
    }

    async fn ask(to: &PortId) -> u64 {
        let (sum,): (u64,) = node().cal(to, ("sum",)).await.expect("an answer");
        sum
    }

    async fn join(to: &PortId, next: PortId, tokens: Tokens) {
        // Only a handle sends what cannot be serialised.
        let joined = WorkerRef::at(node(), to).join(WorkerRef::at(node(), next), tokens);
        joined.expect("it is on this node");
    }

    async fn pass(to: &PortId, steps: u64) {
        node().snd(to, ("pass", steps));
    }

    async fn kill(handle: PortId) {
        node().kil(&handle, Reason::normal());
    }
}
