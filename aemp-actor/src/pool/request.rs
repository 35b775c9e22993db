//! A request to a pool.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{Value, to_values};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;

use super::error::PoolError;
use crate::id::PortId;
use crate::node::Core;
use crate::port::{CallError, Timer};

/// An untyped request, with its deadline and what becomes of it when its worker is lost.
#[derive(Clone, Debug)]
#[must_use = "it is not sent yet"]
pub struct Request {
    pub(super) values: Vec<Value>,
    /// `None`: as the handle on the pool has it.
    pub(super) within: Option<Duration>,
    pub(super) retries: Option<u32>,
}

impl Request {
    /// A request with this message, usually a tuple that begins with the tag; unless it is said otherwise to be
    /// answered within 30 seconds, and reported when its worker is lost.
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    pub fn new(msg: impl Serialize) -> Self {
        let values = to_values(&msg).expect("a request to a pool serialises");
        Self { values, within: None, retries: None }
    }

    /// How long it may wait and be worked on, all together.
    pub fn within(mut self, deadline: Duration) -> Self {
        self.within = Some(deadline);
        self
    }

    /// How often it is given to another worker when one is lost. It may then be carried out more than once.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = Some(retries);
        self
    }
}

/// What a worker has answered: of the type that whoever waits for it knows.
pub(super) type Answer = Box<dyn Any + Send>;

/// The answer of one worker, to come.
pub(super) type Asked = Pin<Box<dyn Future<Output = Result<Answer, CallError>> + Send>>;

/// Asks a worker.
pub(super) type Ask = Box<dyn Fn(&Arc<Core>, &PortId) -> Asked + Send>;

/// What is to be done.
pub(super) struct Work {
    /// Asks a worker; again, when an earlier one was lost.
    pub(super) ask: Ask,
    pub(super) within: Duration,
    /// How often it may be given to another worker.
    pub(super) retries: u32,
}

/// A request that waits, or that a worker has.
pub(super) struct Job {
    pub(super) work: Work,
    sent: Instant,
    reply: oneshot::Sender<Result<Answer, PoolError>>,
    pub(super) timer: Option<Timer>,
    /// It takes room in the pool as long as it has no end.
    _room: OwnedSemaphorePermit,
}

impl Job {
    pub(super) fn new(
        work: Work,
        sent: Instant,
        reply: oneshot::Sender<Result<Answer, PoolError>>,
        room: OwnedSemaphorePermit,
    ) -> Self {
        Self { work, sent, reply, timer: None, _room: room }
    }

    pub(super) fn end(self, answer: Result<Answer, PoolError>) {
        if let Some(timer) = &self.timer {
            timer.cancel();
        }
        // Nobody may wait any more.
        drop(self.reply.send(answer));
    }

    /// What is left of its time.
    pub(super) fn left(&self) -> Duration {
        self.work.within.saturating_sub(self.sent.elapsed())
    }
}
