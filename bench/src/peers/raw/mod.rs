//! The floor between processes: bare TCP connections, with the same messages in them.
//!
//! With a queue, as whoever sends must not wait for the network: of messages that the writing task encodes, or
//! of bytes that the sender has encoded. And without, which is what the machine can do when one task encodes
//! into a block and writes it itself.

mod direct;
mod encoded;
mod format;
mod queue;

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use self::direct::Direct;
use self::encoded::Encoded;
use self::format::{Bincode, Body, Format, Json};
use self::queue::Queue;
use crate::contender::{Contender, Remote};
use crate::workload::remote::until_input_ends;

pub(super) const ALL: [Contender; 4] = [
    Contender::remote::<Raw<Queue<Bincode>, Bincode>>("raw TCP, bincode, queue"),
    Contender::remote::<Raw<Encoded<Bincode>, Bincode>>("raw TCP, bincode, encoded queue"),
    Contender::remote::<Raw<Direct<Bincode>, Bincode>>("raw TCP, bincode"),
    Contender::remote::<Raw<Queue<Json>, Json>>("raw TCP, JSON, queue"),
];

/// Bytes that are written, or read, at once.
const BLOCK: usize = 64 << 10;

/// Answers that are awaited, in the order of the requests.
type Answers = Arc<Mutex<VecDeque<oneshot::Sender<u64>>>>;

/// A connection.
struct Raw<S, F> {
    sending: S,
    format: PhantomData<fn() -> F>,
}

/// The writing half.
trait Sending: Send + Sync + 'static {
    fn new(writer: OwnedWriteHalf, answers: Answers) -> Self;

    /// Sends `n` so often.
    fn add(&self, n: u64, count: usize) -> impl Future<Output = ()> + Send;

    fn bytes(&self, payload: &Bytes) -> impl Future<Output = ()> + Send;

    fn sum(&self, answer: oneshot::Sender<u64>) -> impl Future<Output = ()> + Send;
}

impl<S: Sending, F: Format> Remote for Raw<S, F> {
    async fn serve() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        println!("{}", listener.local_addr().expect("it is bound"));
        let (stream, _) = listener.accept().await.expect("somebody connects");
        stream.set_nodelay(true).expect("it is a TCP connection");
        let (reader, writer) = stream.into_split();
        tokio::spawn(count::<F>(reader, writer));
        until_input_ends().await;
    }

    async fn connect(line: String) -> Self {
        let stream = TcpStream::connect(line).await.expect("somebody listens");
        stream.set_nodelay(true).expect("it is a TCP connection");
        let (reader, writer) = stream.into_split();
        let answers = Answers::default();
        tokio::spawn(take_answers::<F>(reader, Arc::clone(&answers)));
        Self { sending: S::new(writer, answers), format: PhantomData }
    }

    async fn tell(&self, n: u64) {
        self.sending.add(n, 1).await;
    }

    async fn tell_many(&self, count: usize) {
        self.sending.add(1, count).await;
    }

    async fn bytes(&self, payload: &Bytes) {
        self.sending.bytes(payload).await;
    }

    async fn ask(&self) -> u64 {
        let (answer, answered) = oneshot::channel();
        self.sending.sum(answer).await;
        answered.await.expect("the connection lasts")
    }
}

/// The other process: adds up, and answers.
async fn count<F: Format>(reader: OwnedReadHalf, mut writer: OwnedWriteHalf) {
    let (mut sum, mut answers) = (0, Vec::new());
    let mut frames = Frames::<F>::new(reader);
    while frames.read().await {
        frames.each(|body| match body {
            Body::Add(n) => sum += n,
            Body::Bytes(count) => sum += count as u64,
            Body::Sum(_) => F::number(&mut answers, "sum", sum),
        });
        if !answers.is_empty() {
            writer.write_all(&answers).await.expect("it is written");
            answers.clear();
        }
    }
}

async fn take_answers<F: Format>(reader: OwnedReadHalf, answers: Answers) {
    let mut frames = Frames::<F>::new(reader);
    while frames.read().await {
        let mut answers = answers.lock().expect("nobody panics with it");
        frames.each(|body| {
            let answer = answers.pop_front().expect("each was asked for");
            let Body::Sum(sum) = body else { panic!("only answers come back") };
            answer.send(sum).expect("who asked waits");
        });
    }
}

/// What is read, cut into frames.
struct Frames<F> {
    reader: OwnedReadHalf,
    buffer: Vec<u8>,
    format: PhantomData<F>,
}

impl<F: Format> Frames<F> {
    fn new(reader: OwnedReadHalf) -> Self {
        Self { reader, buffer: Vec::with_capacity(2 * BLOCK), format: PhantomData }
    }

    /// Reads more; false at the end.
    async fn read(&mut self) -> bool {
        self.buffer.reserve(BLOCK);
        self.reader.read_buf(&mut self.buffer).await.is_ok_and(|read| read > 0)
    }

    /// Hands over all frames that are whole.
    fn each(&mut self, mut take: impl FnMut(Body)) {
        let mut done = 0;
        while let Some((body, length)) = F::parse(&self.buffer[done..]) {
            take(body);
            done += length;
        }
        self.buffer.drain(..done);
    }
}
