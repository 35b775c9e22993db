//! The baseline for remote messages: the same packets over a bare TCP connection, each encoded by
//! serde_json, written by the window, and parsed into a typed tuple.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::rounds::timed;

/// What is written at once.
const BLOCK: usize = 64 << 10;

/// Sends and receives that many packets.
pub(crate) async fn round(messages: usize) -> Duration {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let receiver = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("somebody connects");
        assert_eq!(receive(stream).await, messages as u64);
    });
    let stream = TcpStream::connect(address).await.expect("somebody listens");
    timed(async {
        tokio::spawn(send(stream, messages)).await.expect("the sender does not panic");
        receiver.await.expect("the receiver does not panic");
    })
    .await
}

async fn send(mut stream: TcpStream, messages: usize) {
    let mut block = Vec::with_capacity(2 * BLOCK);
    for _ in 0..messages {
        let written = serde_json::to_writer(&mut block, &("0123456789abcd.0", "add", 1));
        written.expect("it serialises");
        block.extend_from_slice(b"\n");
        if block.len() >= BLOCK {
            stream.write_all(&block).await.expect("it is written");
            block.clear();
        }
    }
    stream.write_all(&block).await.expect("it is written");
}

async fn receive(mut stream: TcpStream) -> u64 {
    let mut buffer = Vec::with_capacity(2 * BLOCK);
    let mut sum = 0;
    while stream.read_buf(&mut buffer).await.expect("it is read") > 0 {
        let whole = buffer.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for line in buffer[..whole].split_inclusive(|byte| *byte == b'\n') {
            let (_, _, n): (&str, &str, u64) = serde_json::from_slice(line).expect("a packet");
            sum += n;
        }
        buffer.drain(..whole);
    }
    sum
}
