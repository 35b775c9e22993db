//! The writer task: as many packets per write as there are.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

use super::batch::Batch;
use super::chunk::STEP;
use super::queue::Next;
use super::shared::Shared;
use crate::stream::BoxWriter;

/// The most slices that a write is made of: a turn of short chunks has no more.
const SLICES: usize = 40;

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
                let batch = if stream.is_write_vectored() { batch } else { batch.joined() };
                write_batch(shared, stream, &batch).await?;
                buffer = batch.into_buffer();
            }
            Next::Wait => shared.work.notified().await,
            Next::Finish => return stream.shutdown().await,
            Next::Closed => return Ok(()),
        }
    }
}

async fn write_batch(shared: &Shared, stream: &mut BoxWriter, batch: &Batch) -> io::Result<()> {
    let begun = (batch.len() >= STEP).then(Instant::now);
    let mut written = 0;
    while written < batch.len() {
        let urgent = shared.queue.lock().interrupt(written);
        let mut rest = urgent.as_deref().unwrap_or_default();
        while !rest.is_empty() {
            rest = &rest[write_some(shared, stream, &[IoSlice::new(rest)]).await?..];
        }
        let until = shared.queue.lock().until(written);
        let mut slices = [IoSlice::new(&[]); SLICES];
        let count = batch.slices(written, until, &mut slices);
        written += write_some(shared, stream, &slices[..count]).await?;
    }
    // Streams that buffer, such as TLS, hold back what is not flushed.
    let mut waited = false;
    poll_fn(|cx| noting(&mut waited, Pin::new(&mut *stream).poll_flush(cx))).await?;
    if waited {
        shared.took();
    }
    if let Some(begun) = begun {
        shared.queue.lock().wrote_batch(batch.len(), begun.elapsed());
    }
    Ok(())
}

/// One write; gives how many bytes the stream took.
async fn write_some(
    shared: &Shared,
    stream: &mut BoxWriter,
    slices: &[IoSlice<'_>],
) -> io::Result<usize> {
    let mut waited = false;
    let write = poll_fn(|cx| {
        let stream = Pin::new(&mut *stream);
        let write = match slices {
            [slice] => stream.poll_write(cx, slice),
            slices => stream.poll_write_vectored(cx, slices),
        };
        noting(&mut waited, write)
    });
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
