//! Whoever sends encodes each message, whose bytes wait in an unbounded channel for a task that writes
//! them: as it has to be where the queue is bounded in bytes, or a sender is told what cannot be encoded.

use std::marker::PhantomData;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::{mpsc, oneshot};

use super::format::Format;
use super::{Answers, BLOCK, Sending};

/// How many messages are taken out of the channel at once.
const BATCH: usize = 1024;

pub(super) struct Encoded<F> {
    sender: mpsc::UnboundedSender<Vec<u8>>,
    answers: Answers,
    format: PhantomData<fn() -> F>,
}

impl<F: Format> Sending for Encoded<F> {
    fn new(writer: OwnedWriteHalf, answers: Answers) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(write(writer, receiver));
        Self { sender, answers, format: PhantomData }
    }

    async fn add(&self, n: u64, count: usize) {
        for _ in 0..count {
            self.say(|bytes| F::number(bytes, "add", n));
        }
    }

    async fn bytes(&self, payload: &Bytes) {
        self.say(|bytes| F::bytes(bytes, payload));
    }

    async fn sum(&self, answer: oneshot::Sender<u64>) {
        // Locked until it is sent: answers come in the order of the requests.
        let mut answers = self.answers.lock().expect("nobody panics with it");
        answers.push_back(answer);
        self.say(|bytes| F::number(bytes, "sum", 0));
    }
}

impl<F> Encoded<F> {
    fn say(&self, encode: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = Vec::new();
        encode(&mut bytes);
        assert!(self.sender.send(bytes).is_ok(), "the writer lives");
    }
}

async fn write(mut writer: OwnedWriteHalf, mut receiver: mpsc::UnboundedReceiver<Vec<u8>>) {
    let (mut batch, mut block) = (Vec::with_capacity(BATCH), Vec::with_capacity(2 * BLOCK));
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        for bytes in batch.drain(..) {
            block.extend_from_slice(&bytes);
            if block.len() >= BLOCK {
                writer.write_all(&block).await.expect("it is written");
                block.clear();
            }
        }
        writer.write_all(&block).await.expect("it is written");
        block.clear();
    }
}
