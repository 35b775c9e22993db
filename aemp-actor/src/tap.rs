//! Watching the messages of a port, from anywhere.
//!
//! ```text
//!   reader                                   node of the port
//!     │  aemp::tap 1 PORT READER  ──────────▶  (makes the tap, a port)
//!     │  ◀──────────────────────  ok TAP
//!     │  ◀──────────────────────  message SKIPPED [ELEMENT…]      a copy
//!     │  ◀──────────────────────  hidden SKIPPED TAG WHY          it cannot be copied
//!     │  more N  ────────────▶ TAP              the reader has read N of them
//! ```
//!
//! At most 256 copies are under way; the messages that come while so many are unread are only
//! counted, and the count comes with the next copy. The tap ends when the tapped port dies, when
//! the reader dies, or when the tap itself is killed.

use std::time::Duration;

use aemp_transport::Value;

use crate::id::{NodeId, PortId};
use crate::introspection::{Conversation, Heard, IntrospectError};
use crate::message::Message;
use crate::node::{MonGuard, Node};
use crate::reason::Reason;

/// The function of all nodes that makes taps.
const FUNCTION: &str = "aemp::tap";

/// How long the node may take to say that the tap is there.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Copies that are read before the other node is told.
const STEP: u32 = 64;

/// The messages that a port handles, as copies: see [`Node::tap`]. Dropping it ends the tap.
#[derive(Debug)]
pub struct Tap {
    talk: Conversation,
    /// The port that makes the copies.
    tap: PortId,
    _end: MonGuard,
    unreported: u32,
    ended: Option<Reason>,
}

/// A message that a port was about to handle.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Tapped {
    /// What it was sent.
    Message {
        /// Messages before it that were not copied, since earlier copies had not been read.
        skipped: u64,
        /// Its elements, the tag included.
        message: Message,
    },
    /// It cannot be copied: it can only be sent on its own node, or is larger than 16 KiB.
    Hidden {
        /// As above.
        skipped: u64,
        /// Its tag, or the type of its port's messages.
        tag: String,
        /// Why it is not shown.
        why: String,
    },
}

/// Taps.
impl Node {
    /// Watches the messages that a port of any node is sent, until the value is dropped or the
    /// port dies. Copies are in the order in which the port handles the messages, and begin with
    /// the next that it takes out of its mailbox.
    ///
    /// The port is not held up: of what is not read in time some is left out, and counted. It
    /// takes the time of making copies, and a port without taps takes none. Reply ports have no
    /// taps.
    ///
    /// Whoever taps sees what others wrote to the port. The right to the function `aemp::tap`
    /// ([`Rights::functions`](crate::Rights::functions)) and the switch
    /// [`Config::taps`](crate::Config::taps) of the port's node decide who may.
    ///
    /// # Errors
    /// When there is no such port, it cannot be tapped, or its node does not allow it.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, there is no tap.
    pub async fn tap(&self, port: impl Into<PortId>) -> Result<Tap, IntrospectError> {
        let port = port.into();
        let args = vec![Value::from(port.to_string())];
        let node: &NodeId = port.node();
        let mut talk = Conversation::begin(self, node, FUNCTION, args, TIMEOUT);
        let tap: PortId = talk.answer().await?;
        let end = self.mon(&tap, talk.end());
        Ok(Tap { talk, tap, _end: end.guard(), unreported: 0, ended: None })
    }
}

impl Tap {
    /// The next message; `None` when the tap has ended.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, nothing is lost.
    pub async fn next(&mut self) -> Option<Tapped> {
        while self.ended.is_none() {
            match self.talk.next().await {
                Heard::Message(message) => {
                    if let Some(tapped) = self.read(&message) {
                        return Some(tapped);
                    }
                }
                Heard::Ended(reason) => self.ended = Some(reason),
            }
        }
        None
    }

    /// Why the tap has ended, if it has: `tapped_port` with its reason when that died, or the loss
    /// of the connection.
    pub fn ended(&self) -> Option<&Reason> {
        self.ended.as_ref()
    }

    fn read(&mut self, message: &Message) -> Option<Tapped> {
        let tapped = match message.tag() {
            "message" => {
                let (skipped, values): (u64, Vec<Value>) = message.args().ok()?;
                Tapped::Message { skipped, message: Message::from_values(values) }
            }
            "hidden" => {
                let (skipped, tag, why) = message.args().ok()?;
                Tapped::Hidden { skipped, tag, why }
            }
            // The echo of the question.
            _ => return None,
        };
        self.unreported += 1;
        if self.unreported == STEP {
            self.unreported = 0;
            self.talk.node().snd(&self.tap, ("more", STEP));
        }
        Some(tapped)
    }
}
