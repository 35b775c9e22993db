//! The writer task: as many packets per write as there are.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;

use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::queue::Next;
use super::shared::Shared;
use crate::stream::BoxWriter;

/// Writes what is queued until the link is closed or finished, and closes it if that fails.
pub(super) async fn run(shared: Arc<Shared>, mut stream: BoxWriter) {
    let result = tokio::select! {
        biased;
        () = shared.wait_closed() => return,
        result = write(&shared, &mut stream) => result,
    };
    match result {
        // The reader, which sees the peer's answer to the end of the stream, closes the link.
        Ok(()) => shared.wait_closed().await,
        Err(error) => shared.close(error.into()),
    }
}

async fn write(shared: &Shared, stream: &mut BoxWriter) -> io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let next = shared.queue.lock().next(std::mem::take(&mut buffer));
        match next {
            Next::Batch(batch) => {
                buffer = batch;
                write_batch(shared, stream, &buffer).await?;
            }
            Next::Wait => shared.work.notified().await,
            Next::Finish => return stream.shutdown().await,
            Next::Closed => return Ok(()),
        }
    }
}

async fn write_batch(shared: &Shared, stream: &mut BoxWriter, batch: &[u8]) -> io::Result<()> {
    let mut written = 0;
    while written < batch.len() {
        let urgent = shared.queue.lock().interrupt(written);
        let mut rest = urgent.as_deref().unwrap_or_default();
        while !rest.is_empty() {
            rest = &rest[write_some(shared, stream, rest).await?..];
        }
        let until = shared.queue.lock().until(written).min(batch.len());
        written += write_some(shared, stream, &batch[written..until]).await?;
    }
    // Streams that buffer, such as TLS, hold back what is not flushed.
    let mut waited = false;
    poll_fn(|cx| noting(&mut waited, Pin::new(&mut *stream).poll_flush(cx))).await?;
    if waited {
        shared.took();
    }
    Ok(())
}

/// One write; gives how many bytes the stream took.
async fn write_some(shared: &Shared, stream: &mut BoxWriter, bytes: &[u8]) -> io::Result<usize> {
    let mut waited = false;
    let write = poll_fn(|cx| noting(&mut waited, Pin::new(&mut *stream).poll_write(cx, bytes)));
    let written = write.await?;
    if written == 0 {
        return Err(io::ErrorKind::WriteZero.into());
    }
    if waited {
        shared.took();
    }
    shared.counts.writes.fetch_add(1, Relaxed);
    shared.counts.bytes_out.fetch_add(written as u64, Relaxed);
    shared.queue.lock().wrote(written);
    shared.room.notify_waiters();
    Ok(written)
}

/// Notes whether it has to wait.
fn noting<T>(waited: &mut bool, poll: Poll<T>) -> Poll<T> {
    *waited |= poll.is_pending();
    poll
}
