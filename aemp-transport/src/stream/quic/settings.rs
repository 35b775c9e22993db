//! What QUIC is told to do: timeouts and windows.

use std::sync::Arc;
use std::time::Duration;

use quinn::{IdleTimeout, TransportConfig, VarInt};

/// What the node's is when nobody sets it.
const MONITOR_TIMEOUT: Duration = Duration::from_secs(30);

/// Two retransmissions of the first datagram, which go out after 1 s and 3 s.
const DIAL_LIMIT: Duration = Duration::from_millis(3500);

const WINDOW: u32 = 8 << 20;

/// What a peer may have us keep before it has proved itself: enough for a handshake.
const STRANGER: u32 = 64 << 10;

/// The settings of a [`Quic`](super::Quic).
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) monitor_timeout: Duration,
    pub(super) dial_limit: Duration,
    pub(super) window: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { monitor_timeout: MONITOR_TIMEOUT, dial_limit: DIAL_LIMIT, window: WINDOW }
    }
}

impl Settings {
    /// How connections behave: one stream each, and nothing else that a peer could fill memory with.
    ///
    /// Datagrams are as large as quinn's own probing finds, up to 1452 bytes: larger ones, where
    /// the path can take them, gained nothing on loopback, and each socket would hold buffers for
    /// thousands of them.
    pub(super) fn transport(&self) -> Arc<TransportConfig> {
        let mut config = TransportConfig::default();
        // Too long for the wire is for ever.
        let idle = IdleTimeout::try_from(self.monitor_timeout).ok();
        config
            .max_concurrent_bidi_streams(1u32.into())
            .max_concurrent_uni_streams(0u32.into())
            .datagram_receive_buffer_size(None)
            .max_idle_timeout(idle)
            .keep_alive_interval(Some(self.monitor_timeout / 4))
            .stream_receive_window(VarInt::from_u32(self.window))
            .receive_window(VarInt::from_u32(self.window.min(STRANGER)))
            .send_window(u64::from(self.window));
        Arc::new(config)
    }
}
