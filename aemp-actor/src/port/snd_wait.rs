//! A message that is sent when there is room for it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use aemp_transport::EncodeError;
use tokio::time::Instant;

use super::any_cell::AnyCell;
use super::call::DEFAULT_TIMEOUT;
use super::current;
use super::deadline::Deadline;
use super::mailbox::Room;
use crate::id::PortId;
use crate::message::Message;
use crate::node::Core;

/// A message that is sent when there is room for it: await it. There is always a deadline, 30
/// seconds after the first poll unless [`timeout`](Self::timeout) says otherwise.
///
/// # Cancel safety
/// Dropped before it is ready, nothing was sent.
#[must_use = "nothing is sent unless it is awaited"]
pub struct SndWait {
    core: Arc<Core>,
    target: PortId,
    sending: Pin<Box<dyn Future<Output = Result<(), SndWaitError>> + Send>>,
    timeout: Duration,
    deadline: Option<Deadline>,
}

/// Why a message was not sent.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SndWaitError {
    /// The deadline passed.
    #[error("no room for a message to {target} within {after:?}")]
    Timeout {
        /// The port that the message was for.
        target: PortId,
        /// How long there was none.
        after: Duration,
    },
    /// A port waited for room in its own mailbox, which only it could make.
    #[error("{target} waits for itself: its mailbox is full until this handler has ended")]
    Itself {
        /// The port.
        target: PortId,
    },
}

impl SndWait {
    /// `message` is a message, or why it is none.
    pub(crate) fn new(core: &Arc<Core>, to: PortId, message: Result<Message, EncodeError>) -> Self {
        let (own, target) = (core.clone(), to.clone());
        let sending = Box::pin(async move {
            let sent = match message {
                Ok(message) => send(&own, &to, message).await,
                Err(error) => Ok(Err(error)),
            };
            sent?.unwrap_or_else(|error| panic!("a message to {to} cannot be serialised: {error}"));
            Ok(())
        });
        Self { core: core.clone(), target, sending, timeout: DEFAULT_TIMEOUT, deadline: None }
    }

    /// Sets the deadline, counted from the first poll.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        (self.timeout, self.deadline) = (timeout, None);
        self
    }
}

impl Future for SndWait {
    type Output = Result<(), SndWaitError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { core, target, sending, timeout, deadline } = &mut *self;
        if let Poll::Ready(sent) = sending.as_mut().poll(cx) {
            return Poll::Ready(sent);
        }
        let deadline =
            deadline.get_or_insert_with(|| Deadline::new(core.timers(), Instant::now(), *timeout));
        ready!(deadline.poll(cx));
        Poll::Ready(Err(SndWaitError::Timeout { target: target.clone(), after: *timeout }))
    }
}

impl fmt::Debug for SndWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SndWait({} within {:?})", self.target, self.timeout)
    }
}

/// Sends the message when there is room for it.
async fn send(
    core: &Arc<Core>,
    to: &PortId,
    mut message: Message,
) -> Result<Result<(), EncodeError>, SndWaitError> {
    if *to.node() != *core.id() {
        return Ok(core.snd_wait_remote(to, &message).await);
    }
    while let Some(cell) = core.registry().find(to.name()) {
        match cell.clone().deliver_if_room(message) {
            Ok(()) => return Ok(Ok(())),
            Err((refused, room)) => {
                message = refused;
                let waiting = Waiting(&room);
                if current::is_running(&cell) {
                    return Err(SndWaitError::Itself { target: to.clone() });
                }
                wait_for(&cell, waiting).await;
            }
        }
    }
    core.deliver(to, message);
    Ok(Ok(()))
}

/// Somebody who is counted as waiting.
pub(super) struct Waiting<'a>(pub(super) &'a Arc<Room>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(super) async fn wait_for(cell: &Arc<dyn AnyCell>, waiting: Waiting<'_>) {
    let mut freed = std::pin::pin!(waiting.0.freed.notified());
    freed.as_mut().enable();
    if cell.is_full_for(waiting.0) {
        freed.await;
    }
}
