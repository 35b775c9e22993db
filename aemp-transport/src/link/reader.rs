//! The reader task: one large read, then all packets in it.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use bytes::{BufMut, BytesMut};
use tokio::io::AsyncReadExt;
use tokio::time::Instant;

use super::inbox::Inbox;
use super::receipt::{Arrived, Receipt};
use super::shared::Shared;
use super::{CloseReason, LinkSender, PacketSink};
use crate::framing::Framing;
use crate::stream::BoxReader;

/// How much a read may take at least, when a new buffer is made.
const CHUNK: usize = 64 << 10;

/// Less room than this is not read into: a new buffer is made. (Only packets of some size share the
/// bytes of the buffer they came in.)
const MIN_ROOM: usize = 4 << 10;

/// Packets of one read after which other tasks get a turn: as many as a task of tokio's may take out
/// of its channels. Else a peer that sends without a pause would keep the thread for as long as it
/// does, and what others ask would wait.
const TURN: u64 = 128;

pub(super) struct Reader {
    pub(super) shared: Arc<Shared>,
    pub(super) stream: BoxReader,
    pub(super) framing: Framing,
    pub(super) inbox: Inbox,
    /// What has been read and not been taken.
    pub(super) buffer: BytesMut,
    pub(super) receipt: Receipt,
}

impl Reader {
    /// Reads, and gives packets to the sink, until the link is closed from either side; the peer
    /// and its faults are what closes it here.
    pub(super) async fn run<S: PacketSink>(mut self, sink: &mut S) {
        let shared = Arc::clone(&self.shared);
        tokio::select! {
            biased;
            () = shared.wait_closed() => {}
            reason = self.read(sink) => shared.close(reason),
        }
    }

    async fn read<S: PacketSink>(&mut self, sink: &mut S) -> CloseReason {
        loop {
            let before = self.shared.counts.packets_in.load(Relaxed);
            self.shared.set_delivering(true);
            let delivered = self.deliver(sink);
            // Also before the link is closed for what came behind.
            let flushed = give(|| sink.flush());
            self.shared.set_delivering(false);
            match delivered.and_then(|arrived| flushed.map(|()| arrived)) {
                Ok(arrived) => self.confirm(arrived),
                Err(reason) => return reason,
            }
            if self.shared.counts.packets_in.load(Relaxed) - before >= TURN {
                tokio::task::yield_now().await;
            }
            match self.read_some().await {
                Ok(0) => return self.end(),
                Ok(bytes) => self.shared.heard(bytes),
                // The end of TLS without a farewell. To a link it is the same: packets carry their
                // own ends, and nothing is taken for complete because the stream ended.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return self.end(),
                Err(error) => return error.into(),
            }
        }
    }

    /// One read: of a large packet to where it is put together, else into the buffer.
    async fn read_some(&mut self) -> io::Result<usize> {
        if let Some((place, most)) = self.inbox.place(&self.buffer) {
            let bytes = self.stream.read_buf(&mut place.limit(most)).await?;
            self.inbox.placed(bytes, &mut self.buffer);
            return Ok(bytes);
        }
        make_room(&mut self.buffer);
        self.stream.read_buf(&mut self.buffer).await
    }

    /// Gives all whole packets in the buffer to the sink, and shows it the start of the next.
    fn deliver<S: PacketSink>(&mut self, sink: &mut S) -> Result<Arrived, CloseReason> {
        let mut arrived = Arrived::Nothing;
        while let Some(packet) = self.inbox.next(&mut self.buffer)? {
            if self.shared.is_closed() {
                return Ok(Arrived::Nothing);
            }
            arrived = Arrived::Whole;
            // Only this task counts them.
            let packets_in = &self.shared.counts.packets_in;
            packets_in.store(packets_in.load(Relaxed) + 1, Relaxed);
            let bytes = packet.message.bytes_len();
            give(|| sink.packet(packet))?;
            let of_buffer = matches!(self.inbox, Inbox::Plain(_));
            if of_buffer && bytes > CHUNK && self.buffer.len() <= bytes {
                // What follows a large packet is not to keep its room; copied at the cost of what
                // was read already.
                let mut own = BytesMut::with_capacity(self.buffer.len().max(CHUNK));
                own.extend_from_slice(&self.buffer);
                self.buffer = own;
            }
        }
        if self.inbox.finish(&self.buffer).is_err() {
            arrived = Arrived::Partial;
            let (framing, bytes) = (self.framing, self.inbox.partial(&self.buffer));
            if !bytes.is_empty() {
                give(|| sink.partial(framing, bytes))?;
            }
        }
        Ok(arrived)
    }

    /// Tells the peer that its bytes come, if it has to be told. What waits to be written tells it
    /// as well.
    fn confirm(&mut self, arrived: Arrived) {
        let written = self.shared.counts.bytes_out.load(Relaxed);
        let due = self.receipt.handle_read(Instant::now(), arrived, written);
        if due && self.shared.queue.lock().queued() == 0 {
            // A link that is closed needs none.
            drop(LinkSender::new(Arc::clone(&self.shared)).send_keepalive());
        }
    }

    /// What the end of the stream means.
    fn end(&self) -> CloseReason {
        match self.inbox.finish(&self.buffer) {
            Err(error) => error.into(),
            Ok(()) if self.shared.queue.lock().is_finishing() => CloseReason::Finished,
            Ok(()) => CloseReason::PeerClosed,
        }
    }
}

/// Makes room for the next read: at least [`MIN_ROOM`], and a buffer of its own after a large packet
/// has gone, so that a small one does not keep the room of a large one.
fn make_room(buffer: &mut BytesMut) {
    if buffer.capacity() - buffer.len() < MIN_ROOM {
        buffer.reserve(CHUNK);
    } else if buffer.capacity() > 2 * CHUNK && buffer.len() < MIN_ROOM {
        let mut small = BytesMut::with_capacity(CHUNK);
        small.extend_from_slice(buffer);
        *buffer = small;
    }
}

/// Runs the sink's code.
fn give(run: impl FnOnce()) -> Result<(), CloseReason> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let reason = CloseReason::SinkPanicked(panic_text(&*panic).into());
        forget(panic);
        reason
    })
}

/// Drops what a panic left, a value of the sink's. If that panics as well, what it leaves is leaked:
/// nothing says that this would ever end.
fn forget(panic: Box<dyn Any + Send>) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(panic);
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "no text",
    }
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic_any(Bomb);
        }
    }

    #[test]
    fn a_panic_whose_destructor_panics_with_its_like_closes_the_link() {
        let reason = give(|| panic_any(Bomb)).unwrap_err();
        assert!(matches!(reason, CloseReason::SinkPanicked(text) if &*text == "no text"));
    }

    #[test]
    fn buffers_are_shared_by_small_packets_only() {
        let mut buffer = BytesMut::new();
        make_room(&mut buffer);
        assert!(buffer.capacity() >= CHUNK);
        buffer.extend_from_slice(&[b'x'; 100]);
        let (packet, room) = (buffer.split_to(90), buffer.capacity());
        make_room(&mut buffer);
        assert_eq!(buffer.capacity(), room, "still the same buffer");
        drop(packet);

        let mut buffer = BytesMut::with_capacity(10 * CHUNK);
        buffer.extend_from_slice(b"start");
        make_room(&mut buffer);
        assert_eq!(buffer, "start");
        assert!(buffer.capacity() <= 2 * CHUNK);

        let mut buffer = BytesMut::zeroed(10 * CHUNK);
        make_room(&mut buffer);
        assert!(buffer.capacity() - buffer.len() >= MIN_ROOM);
    }
}
