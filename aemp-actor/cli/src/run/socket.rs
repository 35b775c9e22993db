//! The socket between the watchdog and its child, which has it as its standard input.

use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream as StdStream;
use std::process::Stdio;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// What one says to the other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum WatchdogMessage {
    /// The node is up.
    Up,
    /// The node lives.
    Beat,
    /// It is to be started again.
    Restart,
    /// The watchdog says: read secrets and certificates again.
    Reload,
}

impl WatchdogMessage {
    fn byte(self) -> u8 {
        match self {
            Self::Up => b'u',
            Self::Beat => b'b',
            Self::Restart => b'r',
            Self::Reload => b'h',
        }
    }

    fn of(byte: u8) -> Option<Self> {
        [Self::Up, Self::Beat, Self::Restart, Self::Reload]
            .into_iter()
            .find(|word| word.byte() == byte)
    }
}

/// One end.
pub(super) struct Socket {
    stream: StdStream,
}

impl Socket {
    /// Both ends; the second is a child's standard input.
    pub(super) fn pair() -> io::Result<(Self, Stdio)> {
        let (stream, other) = StdStream::pair()?;
        Ok((Self { stream }, Stdio::from(OwnedFd::from(other))))
    }

    /// The child's end, if this process is one. An error if its standard input is no socket.
    pub(super) fn of_watchdog() -> io::Result<Self> {
        let stream = StdStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        stream.peer_addr()?;
        Ok(Self { stream })
    }

    /// Gives the child a line of its standard input, before anything else is said.
    pub(super) fn give(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.stream, "{line}")
    }

    /// To be used, inside of a runtime.
    pub(super) fn open(self) -> io::Result<OpenSocket> {
        self.stream.set_nonblocking(true)?;
        Ok(OpenSocket { stream: UnixStream::from_std(self.stream)? })
    }
}

/// An end in use.
pub(super) struct OpenSocket {
    stream: UnixStream,
}

impl OpenSocket {
    /// Says a word; that nobody hears it is noticed by [`next`](Self::next).
    pub(super) async fn say(&mut self, word: WatchdogMessage) {
        drop(self.stream.write_all(&[word.byte()]).await);
    }

    /// The next word; `None` when the other side is gone.
    ///
    /// # Cancel safety
    /// No word is lost.
    pub(super) async fn next(&mut self) -> Option<WatchdogMessage> {
        loop {
            let byte = self.stream.read_u8().await.ok()?;
            if let Some(word) = WatchdogMessage::of(byte) {
                return Some(word);
            }
        }
    }
}
