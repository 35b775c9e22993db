//! A connection between two hosts: two ends, and a pipe in each direction.

use super::pipe::{Mark, Pipe};

/// Which end of a connection: 0 dialled, 1 accepted.
pub(super) type Side = usize;

/// One end.
pub(super) struct End {
    pub(super) host: String,
    pub(super) reader_gone: bool,
    pub(super) writer_gone: bool,
    /// The program of this end crashed; what is left of it cannot do anything here.
    pub(super) crashed: bool,
    /// Its system knows nothing of the connection any more: whatever comes is answered by a reset.
    pub(super) forgotten: bool,
}

impl End {
    pub(super) fn new(host: &str) -> Self {
        Self {
            host: host.to_owned(),
            reader_gone: false,
            writer_gone: false,
            crashed: false,
            forgotten: false,
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.reader_gone && self.writer_gone
    }
}

/// A simulated connection: its two ends, and a pipe for each direction.
pub(super) struct Connection {
    pub(super) ends: [End; 2],
    /// By the side that writes.
    pub(super) pipes: [Pipe; 2],
    /// By the side that is, or will be, told that the connection broke.
    pub(super) resets: [bool; 2],
}

impl Connection {
    /// The host that this side writes to, preceded by its own.
    pub(super) fn way(&self, side: Side) -> (&str, &str) {
        (&self.ends[side].host, &self.ends[1 - side].host)
    }

    /// The sides that write from one host to another.
    pub(super) fn sides(&self, from: &str, to: &str) -> impl Iterator<Item = Side> + use<> {
        let fits = [0, 1].map(|side| self.way(side) == (from, to));
        (0..2).filter(move |side| fits[*side])
    }

    /// Whether it joins these two hosts.
    pub(super) fn joins(&self, a: &str, b: &str) -> bool {
        self.way(0) == (a, b) || self.way(0) == (b, a)
    }

    /// Whether both programs still hold it and nothing has broken it.
    pub(super) fn is_open(&self) -> bool {
        self.resets == [false; 2] && self.ends.iter().all(|end| !end.is_gone() && !end.crashed)
    }

    /// Whether nobody holds it any more.
    pub(super) fn is_over(&self) -> bool {
        self.ends.iter().all(End::is_gone)
    }

    /// Whether what `side` writes reaches nobody any more.
    pub(super) fn is_deaf(&self, side: Side) -> bool {
        let there = &self.ends[1 - side];
        there.forgotten || there.is_gone() && !there.crashed
    }

    /// Takes the wakers of whoever waits for anything.
    pub(super) fn wakers(&mut self) -> Vec<std::task::Waker> {
        let taken = self.pipes.iter_mut().flat_map(|pipe| [pipe.reader.take(), pipe.writer.take()]);
        taken.flatten().collect()
    }

    /// Sends a reset toward `side`.
    pub(super) fn reset(&mut self, side: Side, arrives: tokio::time::Instant) {
        self.resets[side] = true;
        self.pipes[1 - side].end(Mark::Reset, arrives);
    }
}
