//! Typed messages that are sent later, or when there is room for them: a handle of the port's own type takes
//! them in place of the port.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::any_cell::AnyCell;
use super::call::DEFAULT_TIMEOUT;
use super::cell::Cell;
use super::current;
use super::deadline::Deadline;
use super::definition::Port;
use super::encoder::Encoder;
use super::handle::{Ref, Through};
use super::mailbox::Envelope;
use super::snd_wait::{SndWaitError, Waiting, wait_for};
use super::timer::Timer;
use crate::id::PortId;
use crate::message::Message;
use crate::node::{Alarm, Core, Dropped, timer_deadline};

/// A handle that sends what it is given after `delay`.
pub(super) fn after<P: Port>(to: &Ref<P>, delay: Duration) -> P::Ref {
    Ref::through(Later { to: to.direct().clone(), delay }).into()
}

struct Later<P: Port> {
    to: Ref<P>,
    delay: Duration,
}

impl<P: Port> Through<P> for Later<P> {
    fn target(&self) -> &Ref<P> {
        &self.to
    }

    fn send(&self, msg: P::Msg) {
        let Some(core) = self.to.core() else { return };
        let Some(cell) = self.to.cell() else {
            let (id, message) = (self.to.id(), encoded::<P>(&self.to.id(), &msg));
            Timer::of_node(&core, self.delay, id, message);
            return;
        };
        let pending = Pending { cell, msg: Some(msg) };
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
struct Pending<P: Port> {
    cell: Arc<Cell<P>>,
    msg: Option<P::Msg>,
}

impl<P: Port> Pending<P> {
    fn send(mut self) {
        if let Some(msg) = self.msg.take() {
            self.cell.push(Envelope::Typed(msg));
        }
    }
}

impl<P: Port> Drop for Pending<P> {
    fn drop(&mut self) {
        if self.msg.is_some() {
            self.cell.core.count_dropped(Dropped::Closed, 1);
        }
    }
}

/// The message as data.
#[track_caller]
fn encoded<P: Port>(to: &PortId, msg: &P::Msg) -> Message {
    match Encoder::values::<P>(msg) {
        Ok(values) => Message::from_values(values),
        Err(error) => panic!("a message to {to}: {error}"),
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
pub(super) fn when_room<P: Port, T>(to: &Ref<P>, send: impl FnOnce(&P::Ref) -> T) -> WhenRoom<T> {
    let to = to.direct();
    let messages = Arc::default();
    let given =
        send(&Ref::through(Held { to: to.clone(), messages: Arc::clone(&messages) }).into());
    let messages = std::mem::take(&mut *messages.lock());
    let core = to.core();
    let (own, target) = (core.clone(), to.id());
    let sending = Box::pin(async move {
        for message in messages {
            match message {
                HeldMessage::Value(cell, msg) => push(&cell, Envelope::Typed(msg)).await?,
                HeldMessage::Data(id, message) => {
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
struct Held<P: Port> {
    to: Ref<P>,
    messages: Arc<Mutex<Vec<HeldMessage<P>>>>,
}

enum HeldMessage<P: Port> {
    Value(Arc<Cell<P>>, P::Msg),
    Data(PortId, Message),
}

impl<P: Port> Through<P> for Held<P> {
    fn target(&self) -> &Ref<P> {
        &self.to
    }

    fn send(&self, msg: P::Msg) {
        let held = match self.to.cell() {
            Some(cell) => HeldMessage::Value(cell, msg),
            None => HeldMessage::Data(self.to.id(), encoded::<P>(&self.to.id(), &msg)),
        };
        self.messages.lock().push(held);
    }

    fn at(&self) -> Option<Instant> {
        None
    }
}

/// Pushes a message when there is room.
async fn push<P: Port>(cell: &Arc<Cell<P>>, mut envelope: Envelope<P>) -> Result<(), SndWaitError> {
    let any: Arc<dyn AnyCell> = cell.clone();
    while let Err((refused, room)) = cell.push_if_room(envelope) {
        envelope = refused;
        let waiting = Waiting(&room);
        if current::is_running(&any) {
            return Err(SndWaitError::Itself { target: cell.id() });
        }
        wait_for(&any, waiting).await;
    }
    Ok(())
}
