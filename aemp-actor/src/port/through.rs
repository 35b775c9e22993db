//! Typed messages that are sent later, or when there is room for them: a handle of the same type takes them, and
//! gives them to a [`Way`] in place of the port.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use aemp_transport::Value;
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::any_cell::AnyCell;
use super::call::{Call, DEFAULT_TIMEOUT};
use super::cell::Cell;
use super::current;
use super::deadline::Deadline;
use super::definition::Port;
use super::encoder::Unencodable;
use super::handle::{ById, NotLocal};
use super::mailbox::{Envelope, Room};
use super::reply::Reply;
use super::snd_wait::{SndWaitError, Waiting, wait_for};
use super::timer::Timer;
use crate::id::PortId;
use crate::message::Message;
use crate::node::{Alarm, Core, Dropped, timer_deadline};

/// What typed messages are sent with: the handle inside that of a type of ports, or of a protocol.
pub(super) trait Typed: Clone + Send + Sync + 'static {
    type Msg;
    /// A port of this process that takes the messages as values.
    type Found;

    fn id(&self) -> PortId;
    /// The node to send from.
    fn core(&self) -> Option<Arc<Core>>;
    fn by_id(&self) -> ById;
    fn find(&self) -> Option<Self::Found>;
    fn cell(found: &Self::Found) -> Arc<dyn AnyCell>;
    /// A message for the port, not sent yet.
    fn hold(found: Self::Found, msg: Self::Msg) -> Box<dyn Held>;
    fn values(msg: &Self::Msg) -> Result<Vec<Value>, Unencodable>;
    /// The handle that sends itself.
    fn direct(&self) -> &Self;
    fn through(via: Via<Self>) -> Self;
}

/// A message that is not sent yet, as a value.
pub(super) trait Held: Send {
    /// Sends it.
    fn push(&mut self);
    /// Sends it if there is room; else gives where to wait for some: the caller is counted there.
    fn push_if_room(&mut self) -> Result<(), Arc<Room>>;
    /// The port.
    fn cell(&self) -> Arc<dyn AnyCell>;
}

/// One for a port of the type `P`; empty when it was sent.
struct HeldFor<P: Port> {
    cell: Arc<Cell<P>>,
    envelope: Option<Envelope<P>>,
}

pub(super) fn hold<P: Port>(cell: Arc<Cell<P>>, msg: P::Msg) -> Box<dyn Held> {
    Box::new(HeldFor { cell, envelope: Some(Envelope::Typed(msg)) })
}

impl<P: Port> Held for HeldFor<P> {
    fn push(&mut self) {
        if let Some(envelope) = self.envelope.take() {
            self.cell.push(envelope);
        }
    }

    fn push_if_room(&mut self) -> Result<(), Arc<Room>> {
        let Some(envelope) = self.envelope.take() else { return Ok(()) };
        self.cell.push_if_room(envelope).map_err(|(refused, room)| {
            self.envelope = Some(refused);
            room
        })
    }

    fn cell(&self) -> Arc<dyn AnyCell> {
        self.cell.clone()
    }
}

/// A message that is not sent yet: as a value, or for a port elsewhere.
pub(super) enum Unsent {
    Value(Box<dyn Held>),
    Data(PortId, Message),
}

/// What is done with messages in place of sending them.
pub(super) trait Way: Send + Sync {
    fn send(&self, core: &Arc<Core>, message: Unsent);

    /// When they are sent, if that is known.
    fn at(&self) -> Option<Instant>;
}

/// What is inside a handle that does not send itself.
pub(super) struct Via<H> {
    /// The handle that does.
    target: H,
    way: Arc<dyn Way>,
}

impl<H: Typed> Via<H> {
    pub(super) fn target(&self) -> &H {
        &self.target
    }

    /// The same for another handle on the port.
    pub(super) fn with<O: Typed>(&self, target: O) -> Via<O> {
        Via { target, way: self.way.clone() }
    }

    #[track_caller]
    pub(super) fn tell(&self, msg: H::Msg) {
        let message = match self.target.find() {
            Some(found) => Unsent::Value(H::hold(found, msg)),
            None => self.data(&msg),
        };
        self.send(message);
    }

    /// See [`Ref::tell_local`](super::handle::Ref::tell_local).
    pub(super) fn tell_local(&self, msg: H::Msg) -> Result<(), NotLocal> {
        let found = self.target.find().ok_or_else(|| NotLocal::new(self.target.id()))?;
        self.send(Unsent::Value(H::hold(found, msg)));
        Ok(())
    }

    #[track_caller]
    pub(super) fn call<T>(&self, request: impl FnOnce(Reply<T>) -> H::Msg) -> Call<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        if let Some(found) = self.target.find() {
            return self.call_found(found, request);
        }
        let send = |core: &Arc<Core>, reply| self.way.send(core, self.data(&request(reply)));
        self.target.by_id().ask(send).sent_at(self.way.at())
    }

    /// See [`Ref::call_local`](super::handle::Ref::call_local).
    pub(super) fn call_local<T>(&self, request: impl FnOnce(Reply<T>) -> H::Msg) -> Call<T> {
        match self.target.find() {
            Some(found) => self.call_found(found, request),
            None => Call::not_local(self.target.id()),
        }
    }

    fn call_found<T>(&self, found: H::Found, request: impl FnOnce(Reply<T>) -> H::Msg) -> Call<T> {
        let (sender, receiver) = oneshot::channel();
        let cell = H::cell(&found);
        let msg = request(Reply::caller(sender, &cell));
        self.send(Unsent::Value(H::hold(found, msg)));
        Call::typed(receiver, cell).sent_at(self.way.at())
    }

    fn send(&self, message: Unsent) {
        if let Some(core) = self.target.core() {
            self.way.send(&core, message);
        }
    }

    /// The message as data.
    #[track_caller]
    fn data(&self, msg: &H::Msg) -> Unsent {
        let to = self.target.id();
        match H::values(msg) {
            Ok(values) => Unsent::Data(to, Message::from_values(values)),
            Err(error) => panic!("a message to {to}: {error}"),
        }
    }
}

/// A handle that sends what it is given after `delay`.
pub(super) fn after<H: Typed, R: From<H>>(to: &H, delay: Duration) -> R {
    H::through(Via { target: to.direct().clone(), way: Arc::new(Later { delay }) }).into()
}

struct Later {
    delay: Duration,
}

impl Way for Later {
    fn send(&self, core: &Arc<Core>, message: Unsent) {
        let held = match message {
            Unsent::Value(held) => held,
            Unsent::Data(to, message) => {
                Timer::of_node(core, self.delay, to, message);
                return;
            }
        };
        let pending = Pending { core: core.clone(), held: Some(held) };
        let timers = core.timers();
        let key = timers.key(timer_deadline(self.delay));
        let due = Box::new(move |_| pending.send());
        // On a node that is shut down it is dropped here.
        drop(timers.add(key, Alarm::Run(due)));
    }

    fn at(&self) -> Option<Instant> {
        Some(timer_deadline(self.delay))
    }
}

/// A message that a timer holds; dropped with it, it counts as lost.
struct Pending {
    core: Arc<Core>,
    held: Option<Box<dyn Held>>,
}

impl Pending {
    fn send(mut self) {
        if let Some(mut held) = self.held.take() {
            held.push();
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.held.is_some() {
            self.core.count_dropped(Dropped::Closed, 1);
        }
    }
}

/// What was sent, when there is room for it: await it. There is always a deadline, 30 seconds after the first
/// poll unless [`timeout`](Self::timeout) says otherwise.
///
/// # Cancel safety
/// Dropped before it is ready, nothing was sent, or, where several messages were given, the first of them.
#[must_use = "nothing is sent unless it is awaited"]
pub struct WhenRoom<T> {
    sending: Pin<Box<dyn Future<Output = Result<(), SndWaitError>> + Send>>,
    /// What the closure gave.
    given: Option<T>,
    target: PortId,
    core: Option<Arc<Core>>,
    timeout: Duration,
    deadline: Option<Deadline>,
}

impl<T> WhenRoom<T> {
    /// Sets the deadline, counted from the first poll.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        (self.timeout, self.deadline) = (timeout, None);
        self
    }
}

// Nothing of it is pinned but the future, which is in a box.
impl<T> Unpin for WhenRoom<T> {}

impl<T> Future for WhenRoom<T> {
    type Output = Result<T, SndWaitError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { sending, given, target, core, timeout, deadline } = &mut *self;
        if let Poll::Ready(sent) = sending.as_mut().poll(cx) {
            sent?;
            return given.take().map_or(Poll::Pending, |given| Poll::Ready(Ok(given)));
        }
        let Some(core) = core else { return Poll::Pending };
        let deadline =
            deadline.get_or_insert_with(|| Deadline::new(core.timers(), Instant::now(), *timeout));
        ready!(deadline.poll(cx));
        Poll::Ready(Err(SndWaitError::Timeout { target: target.clone(), after: *timeout }))
    }
}

impl<T> fmt::Debug for WhenRoom<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WhenRoom({} within {:?})", self.target, self.timeout)
    }
}

/// Sends what `send` gives to a handle when there is room.
#[track_caller]
pub(super) fn when_room<H: Typed, R: From<H>, T>(
    to: &H,
    send: impl FnOnce(&R) -> T,
) -> WhenRoom<T> {
    let to = to.direct();
    let kept = Arc::new(Kept::default());
    let given = send(&H::through(Via { target: to.clone(), way: kept.clone() }).into());
    let messages = std::mem::take(&mut *kept.messages.lock());
    let core = to.core();
    let (own, target) = (core.clone(), to.id());
    let sending = Box::pin(async move {
        for message in messages {
            match message {
                Unsent::Value(held) => push(held).await?,
                Unsent::Data(id, message) => {
                    let Some(core) = &own else { continue };
                    let sent = core.snd_wait_remote(&id, &message).await;
                    sent.unwrap_or_else(|error| panic!("a message to {id}: {error}"));
                }
            }
        }
        Ok(())
    });
    WhenRoom { sending, given: Some(given), target, core, timeout: DEFAULT_TIMEOUT, deadline: None }
}

/// Keeps messages.
#[derive(Default)]
struct Kept {
    messages: Mutex<Vec<Unsent>>,
}

impl Way for Kept {
    fn send(&self, _: &Arc<Core>, message: Unsent) {
        self.messages.lock().push(message);
    }

    fn at(&self) -> Option<Instant> {
        None
    }
}

/// Pushes a message when there is room.
async fn push(mut held: Box<dyn Held>) -> Result<(), SndWaitError> {
    while let Err(room) = held.push_if_room() {
        let waiting = Waiting(&room);
        let cell = held.cell();
        if current::is_running(&cell) {
            let target = PortId::new(cell.core().id().clone(), cell.name().clone());
            return Err(SndWaitError::Itself { target });
        }
        wait_for(&cell, waiting).await;
    }
    Ok(())
}
