//! [`SharedConnection`]: what the two halves of a stream have in common, and how they end.

use std::time::Duration;

use parking_lot::Mutex;
use quinn::{Connection, RecvStream, SendStream};
use tokio::runtime::Handle;
use tokio::time::timeout;

/// How long the peer has to confirm what was written before both halves were dropped.
const FAREWELL: Duration = Duration::from_secs(10);

/// A connection, held by both halves of its stream. When both are gone it is closed, as soon as the
/// peer has confirmed all that was written: QUIC discards what is not confirmed when a connection
/// is closed.
pub(super) struct SharedConnection {
    pub(super) connection: Connection,
    /// Where to say farewell.
    runtime: Handle,
    /// Dropped halves. The receiving one is kept so that the peer is not told to stop before it has
    /// got what was written.
    sending: Mutex<Option<SendStream>>,
    receiving: Mutex<Option<RecvStream>>,
}

impl SharedConnection {
    /// Takes over a connection.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub(super) fn new(connection: Connection) -> Self {
        let (sending, receiving) = (Mutex::default(), Mutex::default());
        Self { connection, runtime: Handle::current(), sending, receiving }
    }

    /// The sending half was dropped: ends that direction.
    pub(super) fn sent(&self, mut stream: SendStream) {
        // It was finished before, or is stopped.
        drop(stream.finish());
        *self.sending.lock() = Some(stream);
    }

    /// The receiving half was dropped.
    pub(super) fn received(&self, stream: RecvStream) {
        *self.receiving.lock() = Some(stream);
    }
}

impl Drop for SharedConnection {
    fn drop(&mut self) {
        let (sending, receiving) = (self.sending.lock().take(), self.receiving.lock().take());
        let connection = self.connection.clone();
        self.runtime.spawn(async move {
            if let Some(sending) = sending {
                drop(timeout(FAREWELL, sending.stopped()).await);
            }
            connection.close(0u32.into(), b"");
            drop(receiving);
        });
    }
}
