//! The writer task: as many packets per write as there are.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::io::AsyncWriteExt;

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
    let mut rest = batch;
    while !rest.is_empty() {
        let written = stream.write(rest).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        rest = &rest[written..];
        shared.counts.writes.fetch_add(1, Relaxed);
        shared.counts.octets_out.fetch_add(written as u64, Relaxed);
        shared.queue.lock().wrote(written);
        shared.room.notify_waiters();
    }
    // Streams that buffer, such as TLS, hold back what is not flushed.
    stream.flush().await
}
