//! Who sends encodes into a block, and writes it when it is full.

use std::marker::PhantomData;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::{Mutex, oneshot};

use super::format::Format;
use super::{Answers, BLOCK, Sending};

pub(super) struct Direct<F> {
    out: Mutex<Out>,
    answers: Answers,
    format: PhantomData<fn() -> F>,
}

struct Out {
    writer: OwnedWriteHalf,
    block: Vec<u8>,
}

impl Out {
    async fn flush(&mut self) {
        self.writer.write_all(&self.block).await.expect("it is written");
        self.block.clear();
    }
}

impl<F: Format> Sending for Direct<F> {
    fn new(writer: OwnedWriteHalf, answers: Answers) -> Self {
        let out = Out { writer, block: Vec::with_capacity(2 * BLOCK) };
        Self { out: Mutex::new(out), answers, format: PhantomData }
    }

    async fn add(&self, n: u64, count: usize) {
        let mut out = self.out.lock().await;
        for _ in 0..count {
            F::number(&mut out.block, "add", n);
            if out.block.len() >= BLOCK {
                out.flush().await;
            }
        }
    }

    async fn bytes(&self, payload: &Bytes) {
        let mut out = self.out.lock().await;
        if F::head(&mut out.block, payload) {
            out.flush().await;
            out.writer.write_all(payload).await.expect("it is written");
        } else {
            F::bytes(&mut out.block, payload);
            out.flush().await;
        }
    }

    async fn sum(&self, answer: oneshot::Sender<u64>) {
        let mut out = self.out.lock().await;
        self.answers.lock().expect("nobody panics with it").push_back(answer);
        F::number(&mut out.block, "sum", 0);
        out.flush().await;
    }
}
