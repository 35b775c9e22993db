//! xtra on tokio.
//!
//! Its mailbox is a heap by priority, without an order among equals: a request could overtake the messages that
//! its sender has sent before. So messages have a higher priority than requests and the end.

use xtra::prelude::*;

use crate::contender::{Live, Local, Tokens};

pub(super) struct Xtra;

#[derive(Default, xtra::Actor)]
pub(super) struct Worker {
    sum: u64,
    next: Option<(Address<Worker>, Tokens)>,
    _live: Live,
}

/// Of what is only sent; 0 is that of requests.
const PRIORITY: u32 = 1;

struct Add(u64);

struct Sum;

struct Join(Address<Worker>, Tokens);

struct Pass(u64);

struct Stop;

impl Handler<Add> for Worker {
    type Return = ();

    async fn handle(&mut self, Add(n): Add, _: &mut Context<Self>) {
        self.sum += n;
    }
}

impl Handler<Sum> for Worker {
    type Return = u64;

    async fn handle(&mut self, _: Sum, _: &mut Context<Self>) -> u64 {
        self.sum
    }
}

impl Handler<Join> for Worker {
    type Return = ();

    async fn handle(&mut self, Join(next, tokens): Join, _: &mut Context<Self>) {
        self.next = Some((next, tokens));
    }
}

impl Handler<Pass> for Worker {
    type Return = ();

    async fn handle(&mut self, Pass(steps): Pass, _: &mut Context<Self>) {
        let Some((next, tokens)) = &self.next else { return };
        if steps == 0 {
            tokens.arrived();
        } else {
            // A successor that has ended takes its tokens with it.
            drop(next.send(Pass(steps - 1)).priority(PRIORITY).detach().await);
        }
    }
}

impl Handler<Stop> for Worker {
    type Return = ();

    async fn handle(&mut self, _: Stop, ctx: &mut Context<Self>) {
        ctx.stop_self();
    }
}

impl Local for Xtra {
    type Handle = Address<Worker>;

    async fn spawn() -> Address<Worker> {
        xtra::spawn_tokio(Worker::default(), Mailbox::unbounded())
    }

    async fn tell(to: &Address<Worker>, n: u64) {
        drop(to.send(Add(n)).priority(PRIORITY).detach().await.expect("the actor lives"));
    }

    async fn ask(to: &Address<Worker>) -> u64 {
        to.send(Sum).await.expect("an answer")
    }

    async fn join(to: &Address<Worker>, next: Address<Worker>, tokens: Tokens) {
        drop(
            to.send(Join(next, tokens)).priority(PRIORITY).detach().await.expect("the actor lives"),
        );
    }

    async fn pass(to: &Address<Worker>, steps: u64) {
        drop(to.send(Pass(steps)).priority(PRIORITY).detach().await.expect("the actor lives"));
    }

    async fn kill(handle: Address<Worker>) {
        drop(handle.send(Stop).detach().await.expect("the actor lives"));
    }
}
