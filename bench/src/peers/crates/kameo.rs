//! kameo, with unbounded mailboxes.

use bytes::Bytes;
use kameo::actor::{ActorRef, Spawn};
use kameo::mailbox;
use kameo::message::{Context, Message};
use kameo::{Actor, RemoteActor, remote_message};
use serde::{Deserialize, Serialize};

use crate::contender::{Live, Local, Tokens};

pub(super) struct Kameo;

#[derive(Actor, Default, RemoteActor)]
pub(super) struct Worker {
    sum: u64,
    next: Option<(ActorRef<Worker>, Tokens)>,
    _live: Live,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Add(pub(super) u64);

#[derive(Deserialize, Serialize)]
pub(super) struct Payload(pub(super) Bytes);

#[derive(Deserialize, Serialize)]
pub(super) struct Sum;

struct Join(ActorRef<Worker>, Tokens);

struct Pass(u64);

#[remote_message]
impl Message<Add> for Worker {
    type Reply = ();

    async fn handle(&mut self, Add(n): Add, _: &mut Context<Self, ()>) {
        self.sum += n;
    }
}

#[remote_message]
impl Message<Payload> for Worker {
    type Reply = ();

    async fn handle(&mut self, Payload(bytes): Payload, _: &mut Context<Self, ()>) {
        self.sum += bytes.len() as u64;
    }
}

#[remote_message]
impl Message<Sum> for Worker {
    type Reply = u64;

    async fn handle(&mut self, _: Sum, _: &mut Context<Self, u64>) -> u64 {
        self.sum
    }
}

impl Message<Join> for Worker {
    type Reply = ();

    async fn handle(&mut self, Join(next, tokens): Join, _: &mut Context<Self, ()>) {
        self.next = Some((next, tokens));
    }
}

impl Message<Pass> for Worker {
    type Reply = ();

    async fn handle(&mut self, Pass(steps): Pass, _: &mut Context<Self, ()>) {
        let Some((next, tokens)) = &self.next else { return };
        if steps == 0 {
            tokens.arrived();
        } else {
            // A successor that has ended takes its tokens with it.
            drop(next.tell(Pass(steps - 1)).try_send());
        }
    }
}

impl Local for Kameo {
    type Handle = ActorRef<Worker>;

    async fn spawn() -> ActorRef<Worker> {
        Worker::spawn_with_mailbox(Worker::default(), mailbox::unbounded())
    }

    async fn tell(to: &ActorRef<Worker>, n: u64) {
        to.tell(Add(n)).try_send().expect("the actor lives");
    }

    async fn ask(to: &ActorRef<Worker>) -> u64 {
        to.ask(Sum).await.expect("an answer")
    }

    async fn join(to: &ActorRef<Worker>, next: ActorRef<Worker>, tokens: Tokens) {
        to.tell(Join(next, tokens)).try_send().expect("the actor lives");
    }

    async fn pass(to: &ActorRef<Worker>, steps: u64) {
        to.tell(Pass(steps)).try_send().expect("the actor lives");
    }

    async fn kill(handle: ActorRef<Worker>) {
        handle.kill();
    }
}
