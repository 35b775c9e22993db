//! actix: actors of the arbiter of the system's own thread.

use actix::prelude::*;

use crate::contender::{Live, Local, Tokens};

pub(super) struct Actix;

#[derive(Default)]
pub(super) struct Worker {
    sum: u64,
    next: Option<(Addr<Worker>, Tokens)>,
    _live: Live,
}

impl Actor for Worker {
    type Context = Context<Self>;
}

#[derive(Message)]
#[rtype(result = "()")]
struct Add(u64);

#[derive(Message)]
#[rtype(result = "u64")]
struct Sum;

#[derive(Message)]
#[rtype(result = "()")]
struct Join(Addr<Worker>, Tokens);

#[derive(Message)]
#[rtype(result = "()")]
struct Pass(u64);

#[derive(Message)]
#[rtype(result = "()")]
struct Stop;

impl Handler<Add> for Worker {
    type Result = ();

    fn handle(&mut self, Add(n): Add, _: &mut Context<Self>) {
        self.sum += n;
    }
}

impl Handler<Sum> for Worker {
    type Result = u64;

    fn handle(&mut self, _: Sum, _: &mut Context<Self>) -> u64 {
        self.sum
    }
}

impl Handler<Join> for Worker {
    type Result = ();

    fn handle(&mut self, Join(next, tokens): Join, _: &mut Context<Self>) {
        self.next = Some((next, tokens));
    }
}

impl Handler<Pass> for Worker {
    type Result = ();

    fn handle(&mut self, Pass(steps): Pass, _: &mut Context<Self>) {
        let Some((next, tokens)) = &self.next else { return };
        if steps == 0 {
            tokens.arrived();
        } else {
            next.do_send(Pass(steps - 1));
        }
    }
}

impl Handler<Stop> for Worker {
    type Result = ();

    fn handle(&mut self, _: Stop, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

impl Local for Actix {
    type Handle = Addr<Worker>;

    fn run<T>(work: impl Future<Output = T>) -> T {
        System::new().block_on(work)
    }

    async fn spawn() -> Addr<Worker> {
        Worker::default().start()
    }

    async fn tell(to: &Addr<Worker>, n: u64) {
        to.do_send(Add(n));
    }

    async fn ask(to: &Addr<Worker>) -> u64 {
        to.send(Sum).await.expect("an answer")
    }

    async fn join(to: &Addr<Worker>, next: Addr<Worker>, tokens: Tokens) {
        to.do_send(Join(next, tokens));
    }

    async fn pass(to: &Addr<Worker>, steps: u64) {
        to.do_send(Pass(steps));
    }

    async fn kill(handle: Addr<Worker>) {
        handle.do_send(Stop);
    }
}
