//! The floor within a process: a task that owns a tokio unbounded channel, and nothing around it.

use tokio::sync::{mpsc, oneshot};

use crate::contender::{Contender, Live, Local, Tokens};

pub(super) const ALL: [Contender; 1] = [Contender::local::<Channel>("tokio channel")];

type Sender = mpsc::UnboundedSender<Msg>;

/// What the task is sent.
enum Msg {
    Add(u64),
    Sum(oneshot::Sender<u64>),
    Join(Sender, Tokens),
    Pass(u64),
}

struct Channel;

impl Local for Channel {
    type Handle = Handle;

    async fn spawn() -> Handle {
        let (sender, receiver) = mpsc::unbounded_channel();
        let live = Live::default();
        let task = tokio::spawn(work(receiver, live)).abort_handle();
        Handle { sender, task }
    }

    async fn tell(to: &Handle, n: u64) {
        to.say(Msg::Add(n));
    }

    async fn ask(to: &Handle) -> u64 {
        let (sender, receiver) = oneshot::channel();
        to.say(Msg::Sum(sender));
        receiver.await.expect("the task answers")
    }

    async fn join(to: &Handle, next: Handle, tokens: Tokens) {
        to.say(Msg::Join(next.sender, tokens));
    }

    async fn pass(to: &Handle, steps: u64) {
        to.say(Msg::Pass(steps));
    }

    async fn kill(handle: Handle) {
        handle.task.abort();
    }
}

/// A sender, and the way to end the task.
#[derive(Clone)]
struct Handle {
    sender: Sender,
    task: tokio::task::AbortHandle,
}

impl Handle {
    fn say(&self, msg: Msg) {
        assert!(self.sender.send(msg).is_ok(), "the task lives");
    }
}

async fn work(mut receiver: mpsc::UnboundedReceiver<Msg>, _live: Live) {
    let mut sum = 0;
    let mut next = None;
    while let Some(msg) = receiver.recv().await {
        match msg {
            Msg::Add(n) => sum += n,
            Msg::Sum(reply) => reply.send(sum).expect("who asked waits"),
            Msg::Join(sender, tokens) => next = Some((sender, tokens)),
            Msg::Pass(0) => next.iter().for_each(|(_, tokens)| tokens.arrived()),
            Msg::Pass(steps) => {
                // A successor that has ended takes its tokens with it.
                next.iter().for_each(|(sender, _)| drop(sender.send(Msg::Pass(steps - 1))));
            }
        }
    }
}
