//! NATS, if its server is installed: one process publishes, the server passes on, another subscribes
//! and answers. The clients speak its protocol, with a queue before the connection as its own clients
//! have, and nothing around it.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::Command;
use tokio::sync::{mpsc, oneshot};

use crate::contender::{Contender, Remote};
use crate::workload::remote::until_input_ends;

pub(super) const ALL: [Contender; 1] = [Contender { absent, ..Contender::remote::<Nats>("NATS") }];

fn absent() -> Option<String> {
    super::missing("nats-server", "NATS is not installed (Debian's package nats-server)")
}

/// What is read, or written, at once.
const BLOCK: usize = 64 << 10;

/// A connection to the server.
struct Nats {
    sender: mpsc::UnboundedSender<Publish>,
    /// Who waits for what is sent to which inbox.
    answers: Arc<Mutex<HashMap<u64, oneshot::Sender<u64>>>>,
    next: AtomicU64,
}

/// A message that waits to be written.
enum Publish {
    Add(u64),
    Bytes(Bytes),
    /// Answered to the inbox of this number.
    Sum(u64),
    /// The answer.
    Answer(u64, u64),
}

impl Remote for Nats {
    async fn serve() {
        let mut server = Command::new("nats-server")
            .args(["-a", "127.0.0.1", "-p", "-1"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it was there a moment ago");
        let mut log = BufReader::new(server.stderr.take().expect("it is piped")).lines();
        let address = loop {
            let line = log.next_line().await.expect("it can be read").expect("it says where it is");
            if let Some((_, address)) = line.split_once("client connections on ") {
                break address.to_owned();
            }
        };
        // What it says later is read as well, or it would have to wait.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        let (reader, sender) = connection(&address, "worker.*").await;
        tokio::spawn(count(reader, sender));
        println!("{address}");
        until_input_ends().await;
    }

    async fn connect(line: String) -> Self {
        let (mut reader, sender) = connection(&line, "inbox.*").await;
        let answers: Arc<Mutex<HashMap<u64, oneshot::Sender<u64>>>> = Arc::default();
        let waiting = Arc::clone(&answers);
        tokio::spawn(async move {
            while let Some(message) = reader.next().await {
                let answer =
                    waiting.lock().expect("nobody panics with it").remove(&message.number());
                let answer = answer.expect("it was asked for");
                answer.send(number(message.payload)).expect("who asked waits");
            }
        });
        Self { sender, answers, next: AtomicU64::new(0) }
    }

    async fn tell(&self, n: u64) {
        self.publish(Publish::Add(n));
    }

    async fn bytes(&self, payload: &Bytes) {
        self.publish(Publish::Bytes(payload.clone()));
    }

    async fn ask(&self) -> u64 {
        let (answer, answered) = oneshot::channel();
        let inbox = self.next.fetch_add(1, Relaxed);
        self.answers.lock().expect("nobody panics with it").insert(inbox, answer);
        self.publish(Publish::Sum(inbox));
        answered.await.expect("the connection lasts")
    }
}

impl Nats {
    fn publish(&self, publish: Publish) {
        assert!(self.sender.send(publish).is_ok(), "the writer lives");
    }
}

/// Connects, and subscribes.
async fn connection(address: &str, subject: &str) -> (Messages, mpsc::UnboundedSender<Publish>) {
    let stream = TcpStream::connect(address).await.expect("the server listens");
    stream.set_nodelay(true).expect("it is a TCP connection");
    let (reader, mut writer) = stream.into_split();
    let hello = format!("CONNECT {{\"verbose\":false}}\r\nSUB {subject} 1\r\nPING\r\n");
    writer.write_all(hello.as_bytes()).await.expect("it is written");
    let mut reader = BufReader::with_capacity(4 * BLOCK, reader);
    let mut line = String::new();
    while line != "PONG\r\n" {
        line.clear();
        reader.read_line(&mut line).await.expect("it is read");
    }
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(write(writer, receiver));
    (Messages { reader, head: Vec::new(), payload: Vec::new() }, sender)
}

/// Adds up, and answers.
async fn count(mut messages: Messages, sender: mpsc::UnboundedSender<Publish>) {
    let mut sum = 0;
    while let Some(message) = messages.next().await {
        match message.subject {
            "worker.add" => sum += number(message.payload),
            "worker.bytes" => sum += message.payload.len() as u64,
            _ => {
                let answer = Publish::Answer(message.number(), sum);
                assert!(sender.send(answer).is_ok(), "the writer lives");
            }
        }
    }
}

async fn write(mut writer: OwnedWriteHalf, mut receiver: mpsc::UnboundedReceiver<Publish>) {
    let (mut batch, mut block) = (Vec::new(), Vec::with_capacity(2 * BLOCK));
    while receiver.recv_many(&mut batch, 1024).await > 0 {
        for publish in batch.drain(..) {
            encode(&publish, &mut block);
            if block.len() >= BLOCK {
                writer.write_all(&block).await.expect("it is written");
                block.clear();
            }
        }
        writer.write_all(&block).await.expect("it is written");
        block.clear();
    }
}

fn encode(publish: &Publish, block: &mut Vec<u8>) {
    let mut put = |head: &[u8], payload: &[u8]| {
        block.extend_from_slice(head);
        block.extend_from_slice(payload);
        block.extend_from_slice(b"\r\n");
    };
    match publish {
        Publish::Add(n) => put(b"PUB worker.add 8\r\n", &n.to_le_bytes()),
        Publish::Bytes(bytes) => {
            put(format!("PUB worker.bytes {}\r\n", bytes.len()).as_bytes(), bytes);
        }
        Publish::Sum(inbox) => put(format!("PUB worker.sum inbox.{inbox} 0\r\n").as_bytes(), b""),
        Publish::Answer(inbox, sum) => {
            put(format!("PUB inbox.{inbox} 8\r\n").as_bytes(), &sum.to_le_bytes());
        }
    }
}

/// What comes from the server.
struct Messages {
    reader: BufReader<OwnedReadHalf>,
    head: Vec<u8>,
    payload: Vec<u8>,
}

struct Message<'a> {
    subject: &'a str,
    /// The inbox for an answer, else the subject itself.
    inbox: &'a str,
    payload: &'a [u8],
}

impl Message<'_> {
    /// That of the inbox.
    fn number(&self) -> u64 {
        let number = self.inbox.strip_prefix("inbox.").and_then(|number| number.parse().ok());
        number.expect("it is an inbox")
    }
}

impl Messages {
    /// The next message; `None` at the end.
    async fn next(&mut self) -> Option<Message<'_>> {
        loop {
            self.head.clear();
            self.reader.read_until(b'\n', &mut self.head).await.ok().filter(|read| *read > 0)?;
            // Signs of life, which it asks for after two minutes, are of no use here.
            if self.head.starts_with(b"MSG ") {
                break;
            }
            assert!(!self.head.starts_with(b"-ERR"), "{}", String::from_utf8_lossy(&self.head));
        }
        let head = std::str::from_utf8(&self.head).expect("it is text").trim_end();
        let fields: Vec<&str> = head.split(' ').collect();
        let length: usize = fields.last()?.parse().expect("a length");
        self.payload.resize(length + 2, 0);
        self.reader.read_exact(&mut self.payload).await.ok()?;
        let inbox = if fields.len() == 5 { fields[3] } else { fields[1] };
        Some(Message { subject: fields[1], inbox, payload: &self.payload[..length] })
    }
}

fn number(payload: &[u8]) -> u64 {
    u64::from_le_bytes(payload.try_into().expect("eight bytes"))
}
