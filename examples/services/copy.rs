//! How fast a data connection copies, and how little it holds: one node sends another so many
//! bytes, both compute a checksum of them, and the checksums are compared.
//!
//! `cargo run --release -p aemp-example-services --example copy -- --mib 1024` copies a GiB over TCP, encrypted;
//! `--over quic` and `--over mem` take another way.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use aemp_actor::prelude::*;
use aemp_actor::{ConfigError, DataConn, Memory, generate_secret};
use clap::{Parser, ValueEnum};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Bytes that are written, and read, at a time.
const BLOCK: usize = 256 << 10;

#[derive(Parser)]
struct Options {
    /// MiB to copy.
    #[arg(long, default_value_t = 1024)]
    mib: u64,
    /// What the nodes are connected over.
    #[arg(long, value_enum, default_value_t = Over::Tcp)]
    over: Over,
}

#[derive(Clone, Copy, ValueEnum)]
enum Over {
    Tcp,
    Quic,
    Mem,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let Options { mib, over } = Options::parse();
    let (sender, receiver) = nodes(over).await?;
    receiver.on_connect("Copy::take", take);
    let limit = Duration::from_secs(30);
    let conn = sender.connect_to(&receiver, limit, "Copy::take", (mib << 20,)).await?;
    println!("connected over {}, encryption: {}", conn.transport(), conn.protection());
    let before = aemp_examples::peak_mib();
    let begin = Instant::now();
    let (sent, taken) = send(conn, mib << 20).await?;
    let seconds = begin.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss)]
    let speed = mib as f64 / seconds;
    println!("{mib} MiB in {seconds:.2} s: {speed:.0} MiB/s");
    println!("peak resident memory: {} MiB, {before} MiB before", aemp_examples::peak_mib());
    println!("checksums: {sent:016x} sent, {taken:016x} taken");
    Ok(if sent == taken { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Two nodes of this process, connected.
async fn nodes(over: Over) -> Result<(Node, Node), ConfigError> {
    let (memory, secret) = (Memory::new(), generate_secret());
    let config = |id: &str| {
        let config = Config::new().nodeid(id).secret(secret.as_str());
        match over {
            Over::Tcp => config,
            Over::Quic => config.quic(),
            Over::Mem => config.transport(memory.clone()),
        }
    };
    let bind = match over {
        Over::Tcp => "127.0.0.1:0",
        Over::Quic => "quic:127.0.0.1:0",
        Over::Mem => "mem:receiver",
    };
    let receiver = Node::configure(config("receiver").bind(bind)).await?;
    let sender = Node::configure(config("sender").seed(receiver.listeners().remove(0))).await?;
    sender.wait_up(receiver.id().clone()).await;
    Ok((sender, receiver))
}

/// Sends, and gives the checksum of it, and the other side's.
async fn send(conn: DataConn, bytes: u64) -> Result<(u64, u64), Box<dyn std::error::Error>> {
    let (mut reader, mut writer) = conn.into_split();
    let mut block: Vec<u8> = (0..BLOCK).map(|n| ((n * n) >> 5) as u8).collect();
    let (mut checksum, mut left) = (0, bytes);
    while left > 0 {
        let size = BLOCK.min(usize::try_from(left)?);
        // Each block is another one.
        block[..8].copy_from_slice(&left.to_le_bytes());
        checksum = sum(checksum, &block[..size]);
        writer.write_all(&block[..size]).await?;
        left -= size as u64;
    }
    writer.shutdown().await?;
    let taken = reader.read_u64().await?;
    Ok((checksum, taken))
}

/// Takes the bytes, and answers their checksum.
async fn take(conn: DataConn, (bytes,): (u64,)) -> Result<(), Die> {
    let (mut reader, mut writer) = conn.into_split();
    let mut block = vec![0; BLOCK];
    let (mut checksum, mut left) = (0, bytes);
    while left > 0 {
        let size = BLOCK.min(usize::try_from(left)?);
        reader.read_exact(&mut block[..size]).await?;
        checksum = sum(checksum, &block[..size]);
        left -= size as u64;
    }
    writer.write_u64(checksum).await?;
    writer.shutdown().await?;
    Ok(())
}

/// A checksum over words of 8 bytes, after `before`; it depends on their order.
fn sum(before: u64, bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = bytes.as_chunks::<8>();
    let add = |sum: u64, word: u64| (sum ^ word).wrapping_mul(FACTOR).rotate_left(29);
    let sum = words.iter().fold(before, |sum, word| add(sum, u64::from_le_bytes(*word)));
    rest.iter().fold(sum, |sum, byte| add(sum, u64::from(*byte)))
}
