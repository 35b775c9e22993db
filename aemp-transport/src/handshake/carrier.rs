//! [`Carrier`]: what a handshake has to know of the stream that carries it.

use crate::stream::{Reach, Session, Stream};

/// What a handshake has to know of the stream that carries it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Carrier {
    /// The other side's address as seen here: told to the peer, and named in refusals.
    pub peer_address: Option<String>,
    /// How far the stream reaches: what never leaves the process needs no encryption.
    pub reach: Reach,
    /// The name of the transport.
    pub transport: &'static str,
    /// What the stream's own encryption gives, if it has any.
    pub session: Option<Session>,
}

impl Carrier {
    /// A stream within the process, on which nothing is encrypted.
    #[must_use]
    pub fn within_process(peer_address: Option<String>) -> Self {
        Self { peer_address, reach: Reach::Process, transport: "mem", session: None }
    }

    /// What this stream says of itself.
    #[must_use]
    pub fn of(stream: &dyn Stream) -> Self {
        Self {
            peer_address: stream.peer_address(),
            reach: stream.reach(),
            transport: stream.transport(),
            session: stream.session(),
        }
    }

    /// Whether TLS of ours can be put on the stream: there is somebody to hide from, and no
    /// encryption yet.
    pub(super) fn wants_tls(&self) -> bool {
        crate::tls::AVAILABLE && self.reach != Reach::Process && self.session.is_none()
    }

    /// The address for a message.
    pub(super) fn from(&self) -> String {
        self.peer_address.clone().unwrap_or_else(|| "an unknown address".to_owned())
    }
}
