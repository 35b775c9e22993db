//! What the ends of connections are called.

use std::io;

use quinn::{ConnectionError, ReadError, WriteError};

/// A connection was lost.
pub(super) fn lost(error: ConnectionError) -> io::Error {
    match error {
        ConnectionError::TimedOut => {
            io::Error::new(io::ErrorKind::TimedOut, "nothing came from the peer for too long")
        }
        other => other.into(),
    }
}

pub(super) fn not_read(error: ReadError) -> io::Error {
    match error {
        ReadError::ConnectionLost(error) => lost(error),
        other => other.into(),
    }
}

pub(super) fn not_written(error: WriteError) -> io::Error {
    match error {
        WriteError::ConnectionLost(error) => lost(error),
        other => other.into(),
    }
}
