//! Much data through a data connection: all of it arrives, and the sender waits for the reader.

use crate::support::{Net, PATIENCE, soon};
use aemp_actor::prelude::*;
use aemp_actor::{DataConn, DataReader, DataWriter};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const BLOCK: usize = 64 << 10;
const BLOCKS: u64 = 1024;

/// The blocks of a copy: each is different, and both sides can make it.
struct Blocks {
    block: Vec<u8>,
    number: u64,
}

impl Blocks {
    fn new() -> Self {
        let block = (0..BLOCK).map(|n| ((n * n) >> 3) as u8).collect();
        Self { block, number: 0 }
    }

    fn next(&mut self) -> Option<&[u8]> {
        if self.number == BLOCKS {
            return None;
        }
        self.number += 1;
        self.block[..8].copy_from_slice(&self.number.to_be_bytes());
        self.block.rotate_left(7);
        Some(&self.block)
    }
}

async fn write(mut writer: DataWriter) -> std::io::Result<()> {
    let mut blocks = Blocks::new();
    while let Some(block) = blocks.next() {
        writer.write_all(block).await?;
    }
    writer.shutdown().await
}

async fn check(mut reader: DataReader) -> Result<u64, Die> {
    let (mut blocks, mut heard) = (Blocks::new(), vec![0; BLOCK]);
    while let Some(block) = blocks.next() {
        reader.read_exact(&mut heard).await?;
        if heard != block {
            return Err(die!("block {} is another one", blocks.number));
        }
    }
    match reader.read(&mut heard).await? {
        0 => Ok(blocks.number),
        more => Err(die!("{more} bytes too many")),
    }
}

/// 64 MiB in both directions at the same time, over everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_byte_arrives() {
    for net in Net::all() {
        let (from, to) = crate::support::pair(&net, "one", "two").await;
        let (done, mut read) = tokio::sync::mpsc::channel(1);
        to.on_connect("Test::copy", move |conn: DataConn, (): ()| {
            let done = done.clone();
            async move {
                let (reader, writer) = conn.into_split();
                let written = tokio::spawn(write(writer));
                let checked = check(reader).await;
                written.await??;
                drop(done.send(checked.map_err(|die| die.text().to_owned())).await);
                Ok(())
            }
        });
        let conn = soon("a connection", from.connect_to(&to, PATIENCE, "Test::copy", ())).await;
        let (reader, writer) = conn.unwrap().into_split();
        let written = tokio::spawn(write(writer));
        assert_eq!(soon("the copy back", check(reader)).await.unwrap(), BLOCKS);
        soon("the copy", written).await.unwrap().unwrap();
        assert_eq!(soon("the other side", read.recv()).await, Some(Ok(BLOCKS)));
    }
}

/// A side that does not read makes the other one wait: what is between them is bounded.
#[tokio::test]
async fn the_writer_waits_for_the_reader() {
    for net in Net::all() {
        let (one, two) = crate::support::pair(&net, "one", "two").await;
        let (parked, mut idle) = tokio::sync::mpsc::channel(1);
        two.on_connect("Test::park", move |conn: DataConn, (): ()| {
            let parked = parked.clone();
            async move { drop(parked.send(conn).await) }
        });
        let conn = soon("a connection", one.connect_to(&two, PATIENCE, "Test::park", ())).await;
        let mut conn = conn.unwrap();
        let mut other = soon("the other end", idle.recv()).await.unwrap();
        let block = vec![7; BLOCK];
        let mut written = 0;
        // Until a write is not done at once, nor after many turns of everybody else.
        let writes = async {
            loop {
                written += conn.write(&block).await.unwrap();
                assert!(written < 64 << 20, "nobody makes the writer wait");
            }
        };
        let turns = async {
            for _ in 0..2000 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! { () = writes => {}, () = turns => {} }
        assert!(written > 0);
        let reads = async {
            let (mut heard, mut bytes) = (vec![0; BLOCK], 0);
            while bytes < written {
                bytes += other.read(&mut heard).await.unwrap();
            }
            bytes
        };
        let flushed = async { conn.flush().await.unwrap() };
        assert_eq!(soon("the rest", async { tokio::join!(reads, flushed).0 }).await, written);
    }
}
