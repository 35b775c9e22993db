//! Starts the two tasks of a link.

use std::sync::Arc;

use super::inbox::Inbox;
use super::queue::Queue;
use super::reader::Reader;
use super::receipt::Receipt;
use super::shared::Shared;
use super::{CloseReason, Established, LinkConfig, LinkSender, writer};
use crate::framing::{Framing, Packet};

/// What a link does with what it reads.
///
/// Called in the link's reader task, in order: has to be quick, since nothing is read meanwhile.
pub trait PacketSink: Send + 'static {
    /// A packet came. A panic closes the link with [`CloseReason::SinkPanicked`].
    fn packet(&mut self, packet: Packet);

    /// All whole packets of a read were given: nothing is to be kept back any longer. Called before anything
    /// else is read, and before [`closed`](Self::closed).
    fn flush(&mut self) {}

    /// A packet has begun to come, and more of it has come now, but not the whole. `bytes` are
    /// what has come of it, unchecked ([`Framing::first_texts`] reads them); called once for a read.
    fn partial(&mut self, framing: Framing, bytes: &[u8]) {
        let _ = (framing, bytes);
    }

    /// The link has ended. Called once, always, last, when nothing of the link runs any more. If the
    /// runtime ends under the link, it is called by whoever ends it.
    fn closed(&mut self, reason: CloseReason);
}

/// Makes a link of an established connection, on the current tokio runtime.
///
/// `make_sink` is called at once, with a handle of the link, before anything is read. The bytes
/// that came with the handshake are the first that the link takes.
///
/// # Panics
///
/// Outside of a tokio runtime.
pub fn start<S, F>(established: Established, config: LinkConfig, make_sink: F) -> LinkSender
where
    S: PacketSink,
    F: FnOnce(LinkSender) -> S,
{
    let Established { stream, buffered, outcome, .. } = established;
    let liveness = stream.liveness();
    let (reading, writing) = stream.split();
    let queue = Queue::new(config.max_queue, outcome.chunked);
    let shared = Arc::new(Shared::new(outcome.write_framing, queue, liveness));
    let sender = LinkSender::new(Arc::clone(&shared));
    let mut ending = Ending { sink: make_sink(sender.clone()), shared: Arc::clone(&shared) };
    let reader = Reader {
        shared: Arc::clone(&shared),
        stream: reading,
        framing: outcome.read_framing,
        inbox: Inbox::new(outcome.read_framing, config.limits, outcome.chunked),
        buffer: buffered,
        receipt: Receipt::default(),
    };
    let writer = tokio::spawn(writer::run(shared, writing));
    tokio::spawn(async move {
        reader.run(&mut ending.sink).await;
        // The writer ends since the link is closed. It does not panic, and nobody aborts it.
        let _ = writer.await;
        drop(ending);
    });
    sender
}

/// Tells the sink of the end, whether its task has ended or is dropped.
struct Ending<S: PacketSink> {
    sink: S,
    shared: Arc<Shared>,
}

impl<S: PacketSink> Drop for Ending<S> {
    fn drop(&mut self) {
        self.shared.close(CloseReason::local("the runtime has ended"));
        let reason = self.shared.queue.lock().close_reason().cloned();
        self.sink.closed(reason.unwrap_or(CloseReason::PeerClosed));
    }
}
