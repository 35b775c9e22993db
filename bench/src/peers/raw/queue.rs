//! Messages wait in an unbounded channel for a task that encodes and writes them.

use std::marker::PhantomData;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::{mpsc, oneshot};

use super::format::Format;
use super::{Answers, BLOCK, Sending};

/// How many messages are taken out of the channel at once.
const BATCH: usize = 1024;

pub(super) struct Queue<F> {
    sender: mpsc::UnboundedSender<Msg>,
    answers: Answers,
    format: PhantomData<fn() -> F>,
}

enum Msg {
    Add(u64),
    Bytes(Bytes),
    Sum,
}

impl<F: Format> Sending for Queue<F> {
    fn new(writer: OwnedWriteHalf, answers: Answers) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(write::<F>(writer, receiver));
        Self { sender, answers, format: PhantomData }
    }

    async fn add(&self, n: u64, count: usize) {
        for _ in 0..count {
            self.say(Msg::Add(n));
        }
    }

    async fn bytes(&self, payload: &Bytes) {
        self.say(Msg::Bytes(payload.clone()));
    }

    async fn sum(&self, answer: oneshot::Sender<u64>) {
        // Locked until it is sent: answers come in the order of the requests.
        let mut answers = self.answers.lock().expect("nobody panics with it");
        answers.push_back(answer);
        self.say(Msg::Sum);
    }
}

impl<F> Queue<F> {
    fn say(&self, msg: Msg) {
        assert!(self.sender.send(msg).is_ok(), "the writer lives");
    }
}

async fn write<F: Format>(mut writer: OwnedWriteHalf, mut receiver: mpsc::UnboundedReceiver<Msg>) {
    let (mut batch, mut block) = (Vec::with_capacity(BATCH), Vec::with_capacity(2 * BLOCK));
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        for msg in batch.drain(..) {
            match msg {
                Msg::Add(n) => F::number(&mut block, "add", n),
                Msg::Bytes(payload) => F::bytes(&mut block, &payload),
                Msg::Sum => F::number(&mut block, "sum", 0),
            }
            if block.len() >= BLOCK {
                writer.write_all(&block).await.expect("it is written");
                block.clear();
            }
        }
        writer.write_all(&block).await.expect("it is written");
        block.clear();
    }
}
