//! What the registry knows of a port, whatever its type.

use std::any::{Any, TypeId};
use std::sync::Arc;

use super::batch::Batch;
use super::facts::Facts;
use super::mailbox::Room;
use super::options::PortOptions;
use super::reply_cell::Unanswered;
use super::run::Run;
use super::tap::{Tap, TapError};
use crate::id::{PortId, PortName};
use crate::message::Message;
use crate::monitor::WatchId;
use crate::node::{Busy, Core, MonToken, TimerKey, Watch};
use crate::reason::Reason;

/// Which cell it is, without keeping it.
pub(super) fn address(cell: &Arc<impl AnyCell + ?Sized>) -> usize {
    Arc::as_ptr(cell).cast::<()>().addr()
}

/// A port's cell without its type. All methods are short and never wait. What is given here suits a
/// port without a mailbox, which watches nothing.
pub(crate) trait AnyCell: Send + Sync {
    fn name(&self) -> &PortName;

    /// The node.
    fn core(&self) -> &Arc<Core>;

    /// Puts an untyped message into the mailbox. Lost (and counted) when the port is dead.
    fn deliver(self: Arc<Self>, message: Message);

    /// The same for each of the messages, in their order; none is left.
    fn deliver_all(self: Arc<Self>, messages: &mut Batch) {
        messages.drain(..).for_each(|message| self.clone().deliver(*message));
    }

    /// Whether a request to it needs no reply port until something looks at it: its messages are dropped when it
    /// dies, and its death can be watched.
    fn knows_late_replies(&self) -> bool {
        false
    }

    /// Kills the port after the messages that are in the mailbox.
    fn kil(self: Arc<Self>, reason: Reason) {
        self.abort(reason);
    }

    /// Kills the port at once: waiting messages are lost, a suspended handler is dropped. The port
    /// dies in its own task.
    fn abort(self: Arc<Self>, reason: Reason);

    /// The same, where it is called if no task has the port. For whoever holds no lock.
    fn end(self: Arc<Self>, reason: Reason) {
        self.abort(reason);
    }

    /// The port was idle, and is scheduled to die: it does, where it is called. For whoever holds no lock.
    fn die_scheduled(self: Arc<Self>, reason: Reason) {
        self.abort(reason);
    }

    /// What this reply port waits for will not come, for that reason. Other ports do not care.
    fn unanswered(self: Arc<Self>, _why: Unanswered) {}

    /// Whether the port is dead, or about to die whatever comes.
    fn is_ending(&self) -> bool {
        self.death().is_some()
    }

    /// The port, which is dying, leaves somebody on this node without an answer, who is told of its death.
    fn caller_is_notified(&self) {}

    /// Adds a watch, or gives it back when the port is dead.
    fn watch(&self, watch: Watch) -> Result<(), Watch>;

    /// Takes a watch on this port back.
    fn unwatch(&self, id: WatchId) -> Option<Watch>;

    /// Remembers that this port watches `target`: the watch ends when the port does.
    fn own(&self, _id: WatchId, _target: &PortId) {}

    /// Forgets [`own`](Self::own).
    fn disown(&self, _id: WatchId) {}

    /// Whether the port watches something as `id`, and has not been told that it fired.
    fn owns(&self, _id: WatchId) -> bool {
        false
    }

    /// An owned watch fired and kills this port.
    fn fired_kil(self: Arc<Self>, _id: WatchId, reason: Reason) {
        self.kil(reason);
    }

    /// An owned watch fired and sends this port a message.
    fn fired_snd(self: Arc<Self>, _id: WatchId, _reason: Reason, message: Message) {
        self.deliver(message);
    }

    /// The reason of an owned watch on `target` that has fired while its port was not told yet:
    /// until then the port is cut off from `target`.
    fn unnotified(&self, _target: &PortId) -> Option<Reason> {
        None
    }

    /// As [`deliver`](Self::deliver) if there is room in the mailbox; else the message comes back
    /// with where to wait for some: the caller is counted there.
    fn deliver_if_room(self: Arc<Self>, message: Message) -> Result<(), (Message, Arc<Room>)> {
        self.deliver(message);
        Ok(())
    }

    /// Whether those who wait in `room`, from [`deliver_if_room`](Self::deliver_if_room), are still
    /// to be woken.
    fn is_full_for(&self, _room: &Arc<Room>) -> bool {
        false
    }

    /// A task of the port begins: its number, unless the port is over.
    fn add_task(&self, _run: &Arc<Run>) -> Option<u64> {
        None
    }

    /// A task of the port has ended.
    fn remove_task(self: Arc<Self>, _number: u64) {}

    /// The port handles what waits, and what its tasks still bring, and ends then, normally. It takes no new
    /// messages.
    fn stop(self: Arc<Self>) {
        self.kil(Reason::normal());
    }

    /// Whether something waits for the port, or it handles something. Then `busy` is kept until that is done, or
    /// at least what waits now.
    fn drain(self: Arc<Self>, _busy: &Busy) -> bool {
        false
    }

    /// The bounds of this port.
    fn set_options(&self, _options: PortOptions) {}

    /// Forgets a timer of the port, which has been taken out of the node's.
    fn disown_timer(&self, _key: TimerKey) {}

    /// The handle of this protocol on the port, if the port answers that.
    fn protocol(self: Arc<Self>, _protocol: TypeId) -> Option<Box<dyn Any>> {
        None
    }

    /// Calls `f` in the context of the port when its init function has ended; never, if it dies before.
    fn when_started(self: Arc<Self>, f: Box<dyn FnOnce() + Send>) {
        f();
    }

    /// Remembers the watch by which the port ends with its supervisor; gives back the one before.
    fn set_supervisor(&self, _token: MonToken) -> Option<MonToken> {
        None
    }

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
