//! A task that owns an unbounded channel of kanal, and nothing around it.

use kanal::{AsyncReceiver, AsyncSender};
use tokio::sync::oneshot;

use crate::contender::{Live, Local, Tokens};

/// What the task is sent.
enum Msg {
    Add(u64),
    Sum(oneshot::Sender<u64>),
    Join(AsyncSender<Msg>, Tokens),
    Pass(u64),
}

pub(super) struct Channel;

impl Local for Channel {
    type Handle = Handle;

    async fn spawn() -> Handle {
        let (sender, receiver) = kanal::unbounded_async();
        let live = Live::default();
        let task = tokio::spawn(work(receiver, live)).abort_handle();
        Handle { sender, task }
    }

    async fn tell(to: &Handle, n: u64) {
        to.say(Msg::Add(n)).await;
    }

    async fn ask(to: &Handle) -> u64 {
        let (sender, receiver) = oneshot::channel();
        to.say(Msg::Sum(sender)).await;
        receiver.await.expect("the task answers")
    }

    async fn join(to: &Handle, next: Handle, tokens: Tokens) {
        to.say(Msg::Join(next.sender, tokens)).await;
    }

    async fn pass(to: &Handle, steps: u64) {
        to.say(Msg::Pass(steps)).await;
    }

    async fn kill(handle: Handle) {
        handle.task.abort();
    }
}

/// A sender, and the way to end the task.
#[derive(Clone)]
pub(super) struct Handle {
    sender: AsyncSender<Msg>,
    task: tokio::task::AbortHandle,
}

impl Handle {
    async fn say(&self, msg: Msg) {
        assert!(self.sender.send(msg).await.is_ok(), "the task lives");
    }
}

async fn work(receiver: AsyncReceiver<Msg>, _live: Live) {
    let mut sum = 0;
    let mut next: Option<(AsyncSender<Msg>, Tokens)> = None;
    while let Ok(msg) = receiver.recv().await {
        match msg {
            Msg::Add(n) => sum += n,
            Msg::Sum(reply) => reply.send(sum).expect("who asked waits"),
            Msg::Join(sender, tokens) => next = Some((sender, tokens)),
            Msg::Pass(0) => next.iter().for_each(|(_, tokens)| tokens.arrived()),
            Msg::Pass(steps) => {
                let (sender, _) = next.as_ref().expect("it has joined");
                // A successor that has ended takes its tokens with it.
                drop(sender.send(Msg::Pass(steps - 1)).await);
            }
        }
    }
}
