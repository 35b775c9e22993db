//! How a node and the connection to it are shown; `-` is what is not known.

use std::time::Duration;

use super::operating::bytes;
use super::output::Style;
use aemp_actor::{PeerInfo, PeerState};

const UNKNOWN: &str = "-";

pub(crate) fn state(peer: &PeerInfo) -> (String, Style) {
    let (text, style) = match peer.state {
        PeerState::Up => ("up", Style::Good),
        PeerState::Connecting => ("connecting", Style::Plain),
        PeerState::Falling => ("falling", Style::Bad),
        _ => ("known", Style::Bad),
    };
    (text.to_owned(), style)
}

/// Where it was dialled; of one that is not connected, or has dialled itself, where it can be.
pub(crate) fn address(peer: &PeerInfo) -> String {
    let dialled = peer.connection.as_ref().filter(|connection| connection.dialled);
    let address = dialled.and_then(|connection| connection.address.clone());
    address.or_else(|| peer.addresses.first().cloned()).unwrap_or_else(|| UNKNOWN.to_owned())
}

pub(crate) fn round_trip(peer: &PeerInfo) -> String {
    peer.round_trip.map_or_else(|| UNKNOWN.to_owned(), |trip| milliseconds(trip.smoothed))
}

/// Bytes that wait for it; of one that nothing was ever sent to, nothing.
pub(crate) fn queue(peer: &PeerInfo) -> String {
    match peer.state {
        PeerState::Known => UNKNOWN.to_owned(),
        _ => bytes(peer.queued_bytes as u64),
    }
}

/// Transport and encryption; all there is to say of it, and what the other node has proved itself with,
/// if there is room.
pub(crate) fn protection(peer: &PeerInfo, wide: bool) -> String {
    peer.connection.as_ref().map_or_else(
        || UNKNOWN.to_owned(),
        |connection| {
            let encryption = connection.encryption.as_deref().unwrap_or("plain");
            if wide {
                return format!("{} {encryption} {}", connection.transport, connection.auth);
            }
            let short = encryption.split_once(' ').map_or(encryption, |(name, _)| name);
            format!("{} {short}", connection.transport)
        },
    )
}

/// A short time for people.
pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.2}ms", time.as_secs_f64() * 1000.0)
}
