//! ractor, whose mailboxes have no bounds, as its cluster wants it.

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, call};
use ractor_cluster::RactorMessage;

use crate::contender::{Live, Local, Tokens};

pub(super) struct Ractor;

struct Worker;

#[derive(Default)]
struct State {
    sum: u64,
    next: Option<(ActorRef<Msg>, Tokens)>,
    _live: Live,
}

#[derive(RactorMessage)]
pub(super) enum Msg {
    Add(u64),
    Sum(RpcReplyPort<u64>),
    Join(ActorRef<Msg>, Tokens),
    Pass(u64),
}

impl Actor for Worker {
    type Msg = Msg;
    type State = State;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Msg>, (): ()) -> Result<State, ActorProcessingErr> {
        Ok(State::default())
    }

    async fn handle(
        &self,
        _: ActorRef<Msg>,
        msg: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match msg {
            Msg::Add(n) => state.sum += n,
            Msg::Sum(reply) => reply.send(state.sum)?,
            Msg::Join(next, tokens) => state.next = Some((next, tokens)),
            Msg::Pass(0) => state.next.iter().for_each(|(_, tokens)| tokens.arrived()),
            Msg::Pass(steps) => {
                let (next, _) = state.next.as_ref().expect("it has joined");
                // A successor that has ended takes its tokens with it.
                drop(next.send_message(Msg::Pass(steps - 1)));
            }
        }
        Ok(())
    }
}

impl Local for Ractor {
    type Handle = ActorRef<Msg>;

    async fn spawn() -> ActorRef<Msg> {
        let (worker, _) = Actor::spawn(None, Worker, ()).await.expect("it starts");
        worker
    }

    async fn tell(to: &ActorRef<Msg>, n: u64) {
        to.send_message(Msg::Add(n)).expect("the actor lives");
    }

    async fn ask(to: &ActorRef<Msg>) -> u64 {
        call!(to, Msg::Sum).expect("an answer")
    }

    async fn join(to: &ActorRef<Msg>, next: ActorRef<Msg>, tokens: Tokens) {
        to.send_message(Msg::Join(next, tokens)).expect("the actor lives");
    }

    async fn pass(to: &ActorRef<Msg>, steps: u64) {
        to.send_message(Msg::Pass(steps)).expect("the actor lives");
    }

    async fn kill(handle: ActorRef<Msg>) {
        handle.kill();
    }
}
