//! The baseline: a task that owns a tokio unbounded channel, and nothing around it.

use tokio::sync::{mpsc, oneshot};

/// What the task is sent.
pub(crate) enum Msg {
    Add(u64),
    Sum(oneshot::Sender<u64>),
}

/// Starts the task; it ends when the last sender is dropped.
pub(crate) fn counter() -> mpsc::UnboundedSender<Msg> {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut sum = 0;
        while let Some(msg) = receiver.recv().await {
            match msg {
                Msg::Add(n) => sum += n,
                Msg::Sum(reply) => drop(reply.send(sum)),
            }
        }
    });
    sender
}

/// Asks for the sum.
pub(crate) async fn sum(counter: &mpsc::UnboundedSender<Msg>) -> u64 {
    let (sender, receiver) = oneshot::channel();
    assert!(counter.send(Msg::Sum(sender)).is_ok(), "the task lives");
    receiver.await.expect("the task answers")
}
