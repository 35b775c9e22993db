//! What a flood does: a port that does not read, and a node that does not read, must not eat the
//! memory of a process, and the loss must be told.
//!
//! `cargo run --release --example flood [MESSAGES]` sends 10,000,000 messages each way and prints
//! how the flood ended and how much memory the process had at the most; it fails above 512 MiB. It
//! takes 2,000,000 at the least: fewer fit into the mailbox of a port, or into the queue for a node.

use std::process::ExitCode;
use std::time::Duration;

use aemp_actor::generate_secret;
use aemp_actor::prelude::*;
use aemp_examples::peak_mib;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// The most that the process may hold, in MiB.
const LIMIT: u64 = 512;

/// The fewest messages that overflow every queue.
const LEAST: u64 = 2_000_000;

/// A port that begins a handler and never ends it.
#[derive(Port)]
struct Stuck;

#[rcv]
impl Stuck {
    async fn stick(&mut self) {
        std::future::pending().await
    }

    fn drop_by(&mut self, number: u64, text: String) {
        drop((number, text));
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let messages = match std::env::args().nth(1).map(|text| text.parse()) {
        None => 10_000_000,
        Some(Ok(messages)) if messages >= LEAST => messages,
        Some(_) => {
            eprintln!(
                "usage: flood [MESSAGES]\n\nMESSAGES: {LEAST} or more; fewer overflow nothing"
            );
            return ExitCode::from(2);
        }
    };
    let mut fine = true;
    for (name, reason) in [
        ("a port of this node, typed", local(messages, true).await),
        ("a port of this node, untyped", local(messages, false).await),
        ("a node that stops reading", remote(messages).await),
        ("a port of another node", across(messages).await),
    ] {
        let peak = peak_mib();
        println!("{name:30} {reason}\n{:30} peak {peak} MiB", "");
        fine &= reason.kind() == "overflow" && peak < LIMIT;
    }
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Floods a port of the same node.
async fn local(messages: u64, typed: bool) -> Reason {
    let node = Node::local();
    let port = node.port(Stuck);
    let end = end_of(&node, port.id());
    port.stick();
    for number in 0..messages {
        if typed {
            port.drop_by(number, "some text");
        } else {
            node.snd(&port, ("drop_by", number, "some text"));
        }
    }
    ended(end).await
}

/// Floods a peer that gets through the handshake and then reads nothing more.
async fn remote(messages: u64) -> Reason {
    let secret = generate_secret();
    let node = listener("flooder", &secret).await;
    let address = node.listeners().remove(0);
    let mut peer = TcpStream::connect(address).await.expect("the node listens");
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let greeting = format!("aemp;1;deaf;hmac_md6_64_256;json\nx\ncleartext;{hex};json\n");
    peer.write_all(greeting.as_bytes()).await.expect("the node reads");
    let mut lines = BufReader::new(&mut peer).lines();
    for _ in 0..3 {
        lines.next_line().await.expect("the node greets");
    }
    node.wait_up("deaf").await;
    let end = end_of(&node, PortId::from("deaf#port"));
    for number in 0..messages {
        node.snd("deaf#port", ("drop_by", number, "some text"));
    }
    let reason = ended(end).await;
    // Read at the end only, to show that there was something to read.
    let _ = peer.read(&mut [0; 1]).await;
    reason
}

/// Floods a port of another node that reads everything, so that its mailbox overflows.
async fn across(messages: u64) -> Reason {
    let secret = generate_secret();
    let far = listener("far", &secret).await;
    let settings = Config::new().nodeid("near").secret(secret).seeds(far.listeners());
    let near = Node::configure(settings).await.expect("the configuration is right");
    near.wait_up("far").await;
    let port = far.port(Stuck);
    let end = end_of(&near, port.id());
    near.snd(&port, ("stick",));
    let to = port.id();
    for number in 0..messages {
        let sent = near.snd_wait(&to, ("drop_by", number, "some text")).await;
        sent.expect("the connection takes what it is given");
    }
    ended(end).await
}

async fn listener(name: &str, secret: &str) -> Node {
    let settings = Config::new().nodeid(name).secret(secret).bind("127.0.0.1:0");
    let settings = settings.monitor_timeout(Duration::from_secs(600));
    Node::configure(settings).await.expect("the configuration is right")
}

fn end_of(node: &Node, port: PortId) -> oneshot::Receiver<Reason> {
    let (tell, told) = oneshot::channel();
    node.mon(port, move |reason: Reason| {
        let _ = tell.send(reason);
    });
    told
}

/// The end, which is to come soon after the flood.
async fn ended(end: oneshot::Receiver<Reason>) -> Reason {
    let told = tokio::time::timeout(Duration::from_secs(60), end).await;
    told.map_or_else(|_| Reason::from("nobody was told"), Result::unwrap_or_default)
}
