//! [`LinkSender`]: the handle of a link.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use serde::Serialize;
use tokio::time::Instant;

use super::queue::Pushed;
use super::shared::Shared;
use super::{CloseReason, Order};
use crate::framing::{EncodeError, Encoded, Framing};

/// A scratch buffer that once grew larger than this is not kept.
const KEEP: usize = 256 << 10;

thread_local! {
    /// Where packets are encoded before they are queued. Taken out while it is in use, so that a
    /// `Serialize` that sends something itself finds an empty one.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Sends packets on a link, and closes it. Clones are handles of the same link.
///
/// Sends never wait. What one thread sends arrives in the order of the calls, except that small
/// packets may overtake packets of more than 64 KiB as their [`Order`] allows (if the peer knows of
/// that, as our nodes do). The link lives until it is closed from either side:
/// dropping its handles does not close it.
#[derive(Clone, Debug)]
pub struct LinkSender {
    shared: Arc<Shared>,
}

/// A packet that is encoded, and not sent yet.
#[derive(Debug)]
pub struct EncodedPacket {
    framing: Framing,
    bytes: Vec<u8>,
}

impl EncodedPacket {
    /// How many bytes it has.
    #[must_use]
    pub fn bytes_len(&self) -> usize {
        self.bytes.len()
    }
}

/// A packet was not sent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The message cannot be encoded. The link is not affected.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The queue is full. The link is closed with [`CloseReason::Overflow`], since a packet is
    /// lost.
    #[error("queue overflow: {queued} bytes wait, the limit is {limit} (max_queue)")]
    Full {
        /// How many bytes waited.
        queued: usize,
        /// The limit.
        limit: usize,
    },
    /// The link is closed, or was told to finish.
    #[error("the link is closed: {0}")]
    Closed(CloseReason),
}

/// What has passed on a link so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct LinkCounters {
    /// Packets given to the sink; keepalives do not count.
    pub packets_in: u64,
    /// Packets queued, keepalives included.
    pub packets_out: u64,
    /// Bytes read, not counting those that came with the handshake.
    pub bytes_in: u64,
    /// Bytes written.
    pub bytes_out: u64,
    /// Calls that wrote them.
    pub writes: u64,
}

impl LinkSender {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Encodes and queues a packet; see [`Framing::encode`] for what becomes of the message. It
    /// keeps its place among the packets to the same port.
    ///
    /// # Errors
    ///
    /// The message cannot be encoded, the queue is full (and the link closed therefore), or the
    /// link is closed.
    pub fn send<T: Serialize + ?Sized>(&self, port: &str, message: &T) -> Result<(), SendError> {
        self.send_ordered(port, Order::Among(port), message)
    }

    /// As [`send`](Self::send), and says what the packet must not overtake.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_ordered<T: Serialize + ?Sized>(
        &self,
        port: &str,
        order: Order<'_>,
        message: &T,
    ) -> Result<(), SendError> {
        self.queue(order, |framing, out| framing.encode(port, message, out))
    }

    /// As [`send_ordered`](Self::send_ordered), but when the queue has no room now, nothing happens,
    /// and the answer is how many bytes it has: [`room`](Self::room) for so many tells when to try
    /// again.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); the queue is full only for a packet that it could never hold.
    pub fn try_send<T: Serialize + ?Sized>(
        &self,
        port: &str,
        order: Order<'_>,
        message: &T,
    ) -> Result<Option<usize>, SendError> {
        self.encode_and(
            |framing, out| framing.encode(port, message, out),
            |packet| {
                let bytes = packet.len();
                let pushed = self.shared.queue.lock().try_push(packet, order);
                pushed.map_or(Ok(Some(bytes)), |pushed| self.pushed(pushed).map(|()| None))
            },
        )
    }

    /// Encodes a packet, for [`try_send_packet`](Self::try_send_packet).
    ///
    /// # Errors
    ///
    /// The message cannot be encoded.
    pub fn encode<T: Serialize + ?Sized>(
        &self,
        port: &str,
        message: &T,
    ) -> Result<EncodedPacket, EncodeError> {
        let (framing, mut bytes) = (self.shared.framing, Vec::new());
        framing.encode(port, message, &mut bytes)?;
        Ok(EncodedPacket { framing, bytes })
    }

    /// Whether a packet is of the framing of this link.
    #[must_use]
    pub fn takes(&self, packet: &EncodedPacket) -> bool {
        packet.framing == self.shared.framing
    }

    /// As [`try_send`](Self::try_send) of a packet that this link [takes](Self::takes), and the answer is
    /// the packet.
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send).
    pub fn try_send_packet(
        &self,
        mut packet: EncodedPacket,
        order: Order<'_>,
    ) -> Result<Option<EncodedPacket>, SendError> {
        debug_assert!(self.takes(&packet), "packets are encoded for the link");
        let pushed = self.shared.queue.lock().try_push(&mut packet.bytes, order);
        pushed.map_or(Ok(Some(packet)), |pushed| self.pushed(pushed).map(|()| None))
    }

    /// Queues a packet of a message that is encoded already, in whichever framing.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_encoded(
        &self,
        port: &str,
        order: Order<'_>,
        message: &Encoded,
    ) -> Result<(), SendError> {
        self.queue(order, |framing, out| framing.encode_encoded(port, message, out))
    }

    /// Queues a keepalive: a packet that the peer skips.
    ///
    /// # Errors
    ///
    /// The queue is full (and the link closed therefore), or the link is closed.
    pub fn send_keepalive(&self) -> Result<(), SendError> {
        self.queue(Order::Free, |framing, out| {
            framing.encode_keepalive(out);
            Ok(())
        })
    }

    /// Bytes that wait to be written, and those that are being written.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.shared.queue.lock().queued()
    }

    /// Waits until so many bytes fit into the queue, or the link is closed. More bytes than the
    /// queue ever holds "fit" when it is empty.
    ///
    /// Somebody else may take the room before the caller does.
    ///
    /// # Cancel safety
    ///
    /// Nothing is reserved, so nothing is lost.
    pub async fn room(&self, bytes: usize) {
        loop {
            let mut freed = std::pin::pin!(self.shared.room.notified());
            // Enabled before looking, so that nothing that happens in between is missed.
            freed.as_mut().enable();
            if self.shared.queue.lock().has_room(bytes) {
                return;
            }
            freed.await;
        }
    }

    /// Closes the link at once, for this reason unless it has one already. What waits is dropped.
    pub fn close(&self, reason: CloseReason) {
        self.shared.close(reason);
    }

    /// Ends the link in order: takes no more packets, has what waits written out, and ends the
    /// stream. The link is closed ([`CloseReason::Finished`]) when the peer has ended its side,
    /// too; whoever does not want to wait for that calls [`close`](Self::close) later.
    pub fn finish(&self) {
        self.shared.queue.lock().finish();
        self.shared.work.notify_one();
    }

    /// How many packets were queued and not (wholly) written; when the link is closed, so many at
    /// least are lost, besides what the system had taken and not delivered.
    #[must_use]
    pub fn lost_packets(&self) -> usize {
        self.shared.queue.lock().unwritten_packets()
    }

    /// Whether packets that were read are being given to the sink: nothing can be read meanwhile,
    /// so that the peer's silence means nothing.
    #[must_use]
    pub fn is_delivering(&self) -> bool {
        self.shared.is_delivering()
    }

    /// Whether the link is closed. What has been delivered to the sink until then was the last.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.is_closed()
    }

    /// Why the link is closed, if it is.
    #[must_use]
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.shared.queue.lock().close_reason().cloned()
    }

    /// Waits until the link is closed.
    ///
    /// # Cancel safety
    ///
    /// Safe: it only waits.
    pub async fn closed(&self) {
        self.shared.wait_closed().await;
    }

    /// When the last byte was read; when the link was started, if none was.
    #[must_use]
    pub fn last_inbound(&self) -> Instant {
        self.shared.last_inbound()
    }

    /// When the last sign of life of the peer was seen: bytes that came, even if they are only a
    /// part of a packet, or bytes of ours that were taken after they had had to wait for that. When
    /// the link was started, if there was none.
    ///
    /// Who has passed a stream on takes what is written without the peer: there the stream's own
    /// [`Liveness`](crate::Liveness) counts instead.
    #[must_use]
    pub fn last_sign(&self) -> Instant {
        self.shared.last_sign()
    }

    /// Asks the peer for a sign of life beside the packets, where the stream can do that.
    pub fn ask_for_sign(&self) {
        if let Some(liveness) = self.shared.liveness() {
            liveness.ask();
        }
    }

    /// What has passed so far.
    #[must_use]
    pub fn counters(&self) -> LinkCounters {
        let counts = &self.shared.counts;
        LinkCounters {
            packets_in: counts.packets_in.load(Relaxed),
            packets_out: counts.packets_out.load(Relaxed),
            bytes_in: counts.bytes_in.load(Relaxed),
            bytes_out: counts.bytes_out.load(Relaxed),
            writes: counts.writes.load(Relaxed),
        }
    }

    fn queue(
        &self,
        order: Order<'_>,
        encode: impl FnOnce(Framing, &mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), SendError> {
        self.encode_and(encode, |packet| {
            let pushed = self.shared.queue.lock().push(packet, order);
            self.pushed(pushed)
        })
    }

    /// Encodes a packet without any lock, then has it queued.
    fn encode_and<R>(
        &self,
        encode: impl FnOnce(Framing, &mut Vec<u8>) -> Result<(), EncodeError>,
        queue: impl FnOnce(&mut Vec<u8>) -> Result<R, SendError>,
    ) -> Result<R, SendError> {
        if self.is_closed()
            && let Some(reason) = self.close_reason()
        {
            return Err(SendError::Closed(reason));
        }
        // A thread that ends has none any more, and may still send: what it kept is dropped then.
        let mut scratch = SCRATCH.try_with(Cell::take).unwrap_or_default();
        scratch.clear();
        let result = match encode(self.shared.framing, &mut scratch) {
            Ok(()) => queue(&mut scratch),
            Err(error) => Err(error.into()),
        };
        if scratch.capacity() <= KEEP {
            let _ = SCRATCH.try_with(|kept| kept.set(scratch));
        }
        result
    }

    fn pushed(&self, pushed: Pushed) -> Result<(), SendError> {
        match pushed {
            Pushed::First => self.shared.work.notify_one(),
            Pushed::Behind => {}
            Pushed::Overflow(reason) => {
                self.shared.tell_closed();
                return Err(match reason {
                    CloseReason::Overflow { queued, limit, .. } => {
                        SendError::Full { queued, limit }
                    }
                    reason => SendError::Closed(reason),
                });
            }
            Pushed::Closed(reason) => return Err(SendError::Closed(reason)),
        }
        self.shared.counts.packets_out.fetch_add(1, Relaxed);
        Ok(())
    }
}
