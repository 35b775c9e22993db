//! What was lost, and why.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::fail_points::fail_point;

/// Why a message was dropped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Dropped {
    /// Its port was dead, or died with it in the mailbox.
    DeadPort,
    /// Its port never existed here.
    UnknownPort,
    /// The mailbox was full; the port was killed.
    MailboxFull,
    /// The send queue of the other node was full; the connection was closed.
    QueueFull,
    /// There was no connection, or it was lost with the message queued.
    NoConnection,
    /// Its sender had lost a message before and was not told yet.
    CutOff,
    /// The node was shut down.
    Closed,
    /// The node that asked does not have the right to.
    Refused,
    /// Its port did not understand it, and refused it.
    BadMessage,
}

/// Counts by cause.
#[derive(Default)]
pub(crate) struct Counters {
    counts: [AtomicU64; 9],
    /// Messages that ports have taken out of their mailboxes.
    handled: AtomicU64,
}

impl Counters {
    pub(crate) fn add(&self, cause: Dropped, count: usize) {
        if count > 0 && !fail_point!(UncountedLoss) {
            self.counts[cause as usize].fetch_add(count as u64, Ordering::Relaxed);
        }
    }

    pub(crate) fn add_handled(&self, count: usize) {
        if count > 0 {
            self.handled.fetch_add(count as u64, Ordering::Relaxed);
        }
    }

    pub(crate) fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }

    fn get(&self, cause: Dropped) -> u64 {
        self.counts[cause as usize].load(Ordering::Relaxed)
    }

    pub(crate) fn snapshot(&self) -> DroppedCounts {
        DroppedCounts {
            dead_port: self.get(Dropped::DeadPort),
            unknown_port: self.get(Dropped::UnknownPort),
            mailbox_full: self.get(Dropped::MailboxFull),
            queue_full: self.get(Dropped::QueueFull),
            no_connection: self.get(Dropped::NoConnection),
            cut_off: self.get(Dropped::CutOff),
            closed: self.get(Dropped::Closed),
            refused: self.get(Dropped::Refused),
            bad_message: self.get(Dropped::BadMessage),
        }
    }
}

/// Messages that a node dropped since it was started, by cause. Who is told of each loss is said
/// by guarantees 2 and 3 of the delivery contract.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DroppedCounts {
    /// To ports that were dead, or died with the message in their mailbox.
    pub dead_port: u64,
    /// To port names that never existed here.
    pub unknown_port: u64,
    /// To full mailboxes; the port was killed with `overflow`.
    pub mailbox_full: u64,
    /// To full send queues; the connection was closed with `overflow`.
    pub queue_full: u64,
    /// To nodes without a connection, or whose connection was lost with the message queued.
    pub no_connection: u64,
    /// From ports that had lost an earlier message to the same port and were not told yet.
    pub cut_off: u64,
    /// Sent from a node that was shut down.
    pub closed: u64,
    /// Of nodes that do not have the right to (see [`Access`](crate::Access)); and data connections
    /// that nobody expected.
    pub refused: u64,
    /// Of a tag or with arguments that their port did not understand, and
    /// [refused](crate::PortScope::refuse): they were not lost, and their port lives.
    pub bad_message: u64,
}
