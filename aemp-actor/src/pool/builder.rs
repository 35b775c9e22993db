//! Pools to be, and the handle on one.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use aemp_transport::{Value, to_values};
use serde::Serialize;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;

use super::error::PoolError;
use super::port::{Job, PoolPort};
use super::request::Request;
use crate::id::PortId;
use crate::message::{FromArgs, Message};
use crate::node::Node;
use crate::port::{Envelope, PortRef, Ran, Ref};
use crate::reason::Reason;
use crate::supervisor::Backoff;

/// A pool to be: the group whose nodes have workers, and the init function that makes them.
#[derive(Clone, Debug)]
#[must_use = "nothing runs before the pool is started"]
pub struct Pool {
    pub(super) group: String,
    pub(super) init: String,
    pub(super) args: Vec<Value>,
    pub(super) per_node: usize,
    pub(super) backoff: Backoff,
    max_requests: usize,
}

/// The handle on a pool. A clone is another handle on the same one; it ends when it is
/// [killed](Self::kil), not when the last is dropped.
#[derive(Clone)]
pub struct PoolRef {
    port: Ref<PoolPort>,
    room: Arc<Semaphore>,
    most: usize,
}

impl Pool {
    /// A pool of workers that are made by the init function `init` with these arguments, one on each node
    /// of the group: on each that has a member in it, its node port as a rule.
    ///
    /// # Panics
    /// When `args` cannot be serialised.
    pub fn new(group: impl Into<String>, init: impl Into<String>, args: impl Serialize) -> Self {
        let args = to_values(&args).expect("the arguments of an init function serialise");
        let (group, init) = (group.into(), init.into());
        Self { group, init, args, per_node: 1, backoff: Backoff::default(), max_requests: 10_000 }
    }

    /// How many workers each node has. Default 1.
    pub fn per_node(mut self, workers: usize) -> Self {
        self.per_node = workers;
        self
    }

    /// How many requests may wait and be worked on; one more is refused. Default 10,000.
    pub fn max_requests(mut self, requests: usize) -> Self {
        self.max_requests = requests.min(Semaphore::MAX_PERMITS);
        self
    }

    /// The pauses before workers that died are started again.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Starts the pool on this node.
    pub fn start(self, node: &Node) -> PoolRef {
        let (most, room) = (self.max_requests, Arc::new(Semaphore::new(self.max_requests)));
        let port = node.port(PoolPort::new(self)).as_handle().clone();
        if let Some(cell) = port.cell() {
            cell.push(Envelope::Call(Box::new(|port, ctx| {
                port.begin(ctx);
                Ran::Done(Ok(()))
            })));
        }
        PoolRef { port, room, most }
    }
}

impl PoolRef {
    /// Sends a request to one of the workers, and gives its answer.
    ///
    /// It was sent when this was called, in order with other requests; awaiting later, or never, changes
    /// nothing for the worker.
    ///
    /// # Errors
    /// See [`PoolError`].
    ///
    /// # Cancel safety
    /// Dropping it abandons the answer, not the request.
    pub fn request<R: FromArgs>(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<R, PoolError>> + Send + use<R> {
        let answer = self.send(request);
        async move {
            let values = answer?.await.unwrap_or(Err(PoolError::Ended))?;
            let bad = |text: String| PoolError::BadAnswer { text };
            Message::from_values(values).decode::<R>().map_err(|error| bad(error.to_string()))
        }
    }

    fn send(
        &self,
        request: Request,
    ) -> Result<oneshot::Receiver<Result<Vec<Value>, PoolError>>, PoolError> {
        let room = self.room.clone().try_acquire_owned();
        let permit = room.map_err(|_| PoolError::Full { most: self.most })?;
        let (reply, answer) = oneshot::channel();
        let job = Job::new(request, Instant::now(), reply, permit);
        let cell = self.port.cell().ok_or(PoolError::Ended)?;
        cell.push(Envelope::Call(Box::new(move |port, ctx| {
            port.submit(ctx, job);
            Ran::Done(Ok(()))
        })));
        Ok(answer)
    }

    /// The ID of the pool's port.
    pub fn id(&self) -> PortId {
        self.port.id()
    }

    /// Ends the pool and its workers; requests that have no answer fail with [`PoolError::Ended`].
    pub fn kil(&self, reason: impl Into<Reason>) {
        self.port.kil(reason);
    }
}

impl fmt::Debug for PoolRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PoolRef({}, room for {})", self.port.id(), self.room.available_permits())
    }
}
