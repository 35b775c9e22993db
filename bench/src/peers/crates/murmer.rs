//! murmer. Whoever sends gets a reply, which is what is waited for: it knows no sends without.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, OnceLock};

use bytes::Bytes;
use murmer::prelude::*;
use serde::{Deserialize, Serialize};

use crate::contender::{Live, Local, Tokens};

pub(super) struct Murmer;

#[derive(Debug)]
pub(super) struct Worker;

#[derive(Default)]
pub(super) struct State {
    sum: u64,
    next: Option<Endpoint<Worker>>,
    _live: Live,
}

impl Actor for Worker {
    type State = State;
}

#[derive(Clone, Debug, Deserialize, Message, Serialize)]
#[message(result = (), remote = "bench::Add")]
pub(super) struct Add {
    pub(super) n: u64,
}

#[derive(Clone, Debug, Deserialize, Message, Serialize)]
#[message(result = (), remote = "bench::Payload")]
pub(super) struct Payload {
    pub(super) bytes: Bytes,
}

#[derive(Clone, Debug, Deserialize, Message, Serialize)]
#[message(result = u64, remote = "bench::Sum")]
pub(super) struct Sum {}

/// The label of the next one: messages can be serialised.
#[derive(Clone, Debug, Deserialize, Message, Serialize)]
#[message(result = (), remote = "bench::Join")]
struct Join {
    next: String,
}

#[derive(Clone, Debug, Deserialize, Message, Serialize)]
#[message(result = (), remote = "bench::Pass")]
struct Pass {
    steps: u64,
}

/// Who waits for the tokens; they cannot be sent.
static TOKENS: Mutex<Option<Tokens>> = Mutex::new(None);

#[handlers]
impl Worker {
    #[handler]
    fn add(&mut self, _ctx: &ActorContext<Self>, state: &mut State, msg: Add) {
        state.sum += msg.n;
    }

    #[handler]
    fn payload(&mut self, _ctx: &ActorContext<Self>, state: &mut State, msg: Payload) {
        state.sum += msg.bytes.len() as u64;
    }

    #[handler]
    fn sum(&mut self, _ctx: &ActorContext<Self>, state: &mut State, _msg: Sum) -> u64 {
        state.sum
    }

    #[handler]
    fn join(&mut self, ctx: &ActorContext<Self>, state: &mut State, msg: Join) {
        state.next = ctx.receptionist().lookup(&msg.next);
    }

    #[handler]
    fn pass(&mut self, _ctx: &ActorContext<Self>, state: &mut State, msg: Pass) {
        if msg.steps == 0 {
            let tokens = TOKENS.lock().expect("nobody panics with it");
            tokens.as_ref().expect("somebody waits").arrived();
            return;
        }
        let next = state.next.clone().expect("it has joined");
        // Its reply must not be waited for in here: the next one waits for its next one.
        tokio::spawn(async move { next.send(Pass { steps: msg.steps - 1 }).await });
    }
}

/// The system of this process.
fn system() -> &'static System {
    static SYSTEM: OnceLock<System> = OnceLock::new();
    SYSTEM.get_or_init(System::local)
}

/// An endpoint, and the label that it is found by.
#[derive(Clone)]
pub(super) struct Handle {
    endpoint: Endpoint<Worker>,
    number: usize,
}

impl Handle {
    fn label(&self) -> String {
        label(self.number)
    }
}

fn label(number: usize) -> String {
    format!("worker/{number}")
}

impl Local for Murmer {
    type Handle = Handle;

    async fn spawn() -> Handle {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Relaxed);
        let endpoint = system().start(&label(number), Worker, State::default());
        Handle { endpoint, number }
    }

    async fn tell(to: &Handle, n: u64) {
        to.endpoint.send(Add { n }).await.expect("the actor lives");
    }

    async fn ask(to: &Handle) -> u64 {
        to.endpoint.send(Sum {}).await.expect("an answer")
    }

    async fn join(to: &Handle, next: Handle, tokens: Tokens) {
        *TOKENS.lock().expect("nobody panics with it") = Some(tokens);
        to.endpoint.send(Join { next: next.label() }).await.expect("the actor lives");
    }

    async fn pass(to: &Handle, steps: u64) {
        to.endpoint.send(Pass { steps }).await.expect("the actor lives");
    }

    async fn kill(handle: Handle) {
        system().stop(&handle.label());
    }
}
