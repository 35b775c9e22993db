//! Taps: copies of the messages that a port handles, for somebody who looks on.
//!
//! The port's own task makes the copies, just before it handles the message: so they are in the
//! order in which the port sees them, and a port that nobody taps does nothing for it but look
//! into an empty list. A tap never waits for its reader: a copy is made only while the reader has
//! granted credit, else the message is counted as skipped. A message that cannot be copied is
//! shown by its tag, or the name of its type.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use aemp_transport::Value;

use super::cell::Cell;
use super::definition::Port;
use super::encoder::{Encoder, Unencodable};
use super::mailbox::{Envelope, Firing};
use crate::id::PortId;
use crate::message::Message;
use crate::node::Core;
use crate::panics;

/// Copies that may be under way to a reader, and what it begins with. As many as a port handles in two turns:
/// a reader that answers within a turn misses nothing.
pub(crate) const CREDIT: u32 = 256;

/// The weight, in bytes, up to which messages are copied.
const LARGEST: usize = 16 << 10;

/// Taps that one port may have.
const MOST: usize = 16;

/// One reader of a port's messages.
pub(crate) struct Tap {
    reader: PortId,
    /// Copies that may still be sent to the reader.
    credit: AtomicU32,
    /// Messages since the last copy that were not copied.
    skipped: AtomicU64,
}

/// Why a port cannot be tapped.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum TapError {
    #[error("a {kind} port has no messages that could be shown")]
    Kind { kind: &'static str },
    #[error("it is tapped {MOST} times already")]
    TooMany,
    #[error("it is dead")]
    Dead,
}

/// What is shown of a message.
enum Copy {
    Message(Vec<Value>),
    Hidden { tag: String, why: String },
}

impl Tap {
    pub(crate) fn new(reader: PortId) -> Self {
        Self { reader, credit: AtomicU32::new(0), skipped: AtomicU64::new(0) }
    }

    /// The reader knows of the tap: from now on he is sent copies.
    pub(crate) fn open(&self) {
        self.skipped.store(0, Ordering::Relaxed);
        self.credit.store(CREDIT, Ordering::Relaxed);
    }

    /// The reader has read so many.
    pub(crate) fn grant(&self, copies: u32) {
        let grown = |credit: u32| Some(credit.saturating_add(copies).min(CREDIT));
        // Never fails: the closure always gives a value.
        let _ = self.credit.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown);
    }

    /// Takes credit for one copy.
    fn take(&self) -> bool {
        let less = |credit: u32| credit.checked_sub(1);
        let taken = self.credit.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok();
        if !taken {
            self.skipped.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    fn send(&self, core: &Arc<Core>, copy: &Copy) {
        let skipped = self.skipped.swap(0, Ordering::Relaxed);
        match copy {
            Copy::Message(values) => core.snd(&self.reader, &("message", skipped, values)),
            Copy::Hidden { tag, why } => core.snd(&self.reader, &("hidden", skipped, tag, why)),
        }
    }
}

/// Sends copies of a message to those who have credit.
pub(super) fn copy<P: Port>(core: &Arc<Core>, taps: &[Arc<Tap>], envelope: &Envelope<P>) {
    let mut copy = None;
    for tap in taps {
        if !is_message(envelope) || !tap.take() {
            continue;
        }
        let copy = copy.get_or_insert_with(|| match envelope {
            Envelope::Typed(msg) => typed::<P>(msg),
            Envelope::Untyped(message) => untyped(message),
            Envelope::Fired(_, firing) => match &**firing {
                Firing::Message(message) => untyped(message),
                Firing::Call(_) | Firing::Kil(_) => Copy::Message(Vec::new()),
            },
            Envelope::Call(_) | Envelope::Due(_) | Envelope::Kil(_) => Copy::Message(Vec::new()),
        });
        tap.send(core, copy);
    }
}

fn is_message<P: Port>(envelope: &Envelope<P>) -> bool {
    match envelope {
        Envelope::Typed(_) | Envelope::Untyped(_) => true,
        Envelope::Fired(_, firing) => matches!(**firing, Firing::Message(_)),
        Envelope::Call(_) | Envelope::Due(_) | Envelope::Kil(_) => false,
    }
}

fn untyped(message: &Message) -> Copy {
    let weight = message.weight();
    if weight > LARGEST {
        return Copy::Hidden { tag: short(message.tag()), why: too_large(weight) };
    }
    match message.values() {
        Ok(values) => Copy::Message(values),
        Err(error) => Copy::Hidden { tag: short(message.tag()), why: error.to_string() },
    }
}

/// A copy of what an envelope holds, if it is a message and can be copied.
pub(super) fn message_of<P: Port>(envelope: &Envelope<P>) -> Option<Message> {
    match envelope {
        Envelope::Typed(msg) => {
            let values = panics::caught(|| Encoder::copy::<P>(msg)).ok()?;
            values.ok().map(Message::from_values)
        }
        Envelope::Untyped(message) => Some(Message::clone(message)),
        _ => None,
    }
}

/// Serialising is the user's code: if it panics, that is the tap's affair, not the port's.
fn typed<P: Port>(msg: &P::Msg) -> Copy {
    let hidden = |why: String| Copy::Hidden { tag: short(std::any::type_name::<P::Msg>()), why };
    match panics::caught(|| Encoder::copy::<P>(msg)) {
        Ok(Ok(values)) => {
            let message = Message::from_values(values);
            untyped(&message)
        }
        Ok(Err(Unencodable::LocalOnly { tag })) => {
            Copy::Hidden { tag, why: "it can only be sent on its own node".into() }
        }
        Ok(Err(error)) => hidden(error.to_string()),
        Err(_) => hidden("its serialisation panics".into()),
    }
}

fn too_large(weight: usize) -> String {
    format!("it is of {weight} bytes, more than {LARGEST}")
}

fn short(text: &str) -> String {
    crate::message::shortened(text).into_owned()
}

impl<P: Port> Cell<P> {
    pub(super) fn add_tap(&self, tap: Arc<Tap>) -> Result<(), TapError> {
        let mut mailbox = self.mailbox.lock();
        if mailbox.is_over() {
            return Err(TapError::Dead);
        }
        let taps = &mut mailbox.extras.get_or_insert_default().taps;
        if taps.len() >= MOST {
            return Err(TapError::TooMany);
        }
        taps.push(tap);
        Ok(())
    }

    pub(super) fn remove_tap(&self, tap: &Arc<Tap>) {
        let mut mailbox = self.mailbox.lock();
        if let Some(extras) = &mut mailbox.extras {
            extras.taps.retain(|other| !Arc::ptr_eq(other, tap));
        }
    }
}
