//! What the registry knows of a port, whatever its type.

use std::any::Any;
use std::sync::Arc;

use tokio::sync::Notify;

use super::facts::Facts;
use super::tap::{Tap, TapError};
use crate::id::{PortId, PortName};
use crate::message::Message;
use crate::monitor::{Watch, WatchId};
use crate::reason::Reason;

/// A port's cell without its type. All methods are short and never wait.
pub(crate) trait AnyCell: Send + Sync {
    fn name(&self) -> &PortName;

    /// Puts an untyped message into the mailbox. Lost (and counted) when the port is dead.
    fn deliver(self: Arc<Self>, message: Message);

    /// Kills the port after the messages that are in the mailbox.
    fn kil(self: Arc<Self>, reason: Reason);

    /// Kills the port at once: waiting messages are lost, a suspended handler is dropped.
    fn doom(self: Arc<Self>, reason: Reason);

    /// Adds a watch, or gives it back when the port is dead.
    fn watch(&self, watch: Watch) -> Result<(), Watch>;

    /// Takes a watch on this port back.
    fn unwatch(&self, id: WatchId) -> Option<Watch>;

    /// Remembers that this port watches `target`: the watch ends when the port does.
    fn own(&self, id: WatchId, target: &PortId);

    /// Forgets [`own`](Self::own).
    fn disown(&self, id: WatchId);

    /// An owned watch fired and kills this port.
    fn fired_kil(self: Arc<Self>, id: WatchId, reason: Reason);

    /// An owned watch fired and sends this port a message.
    fn fired_snd(self: Arc<Self>, id: WatchId, reason: Reason, message: Message);

    /// The reason of an owned watch on `target` that has fired while its port was not told yet:
    /// until then the port is cut off from `target`.
    fn untold(&self, target: &PortId) -> Option<Reason>;

    /// As [`deliver`](Self::deliver) if there is room in the mailbox; else the message comes back
    /// with what is woken when there may be some.
    fn deliver_if_room(self: Arc<Self>, message: Message) -> Result<(), (Message, Arc<Notify>)>;

    /// Whether `room`, from [`deliver_if_room`](Self::deliver_if_room), is still to be woken.
    fn is_full_for(&self, room: &Arc<Notify>) -> bool;

    /// What kind of port it is, in a word or by the name of its type.
    fn kind(&self) -> &'static str;

    /// What can be told of the port.
    fn facts(&self) -> Facts;

    /// From the next batch of messages on, a copy of each goes to `tap`.
    fn tap(&self, _tap: Arc<Tap>) -> Result<(), TapError> {
        Err(TapError::Kind { kind: self.kind() })
    }

    /// Ends [`tap`](Self::tap).
    fn untap(&self, _tap: &Arc<Tap>) {}

    /// Why the port died, if it did.
    fn death(&self) -> Option<Reason>;

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}
