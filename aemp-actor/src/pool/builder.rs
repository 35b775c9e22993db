//! Pools to be, and the handle on one.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{Value, to_values};
use serde::Serialize;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;

use super::error::PoolError;
use super::port::PoolPort;
use super::request::{Answer, Asked, Job, Request, Work};
use crate::id::PortId;
use crate::message::{FromArgs, Message, Rest};
use crate::node::{Core, Node};
use crate::port::{Call, Envelope, FnPort, InitFunction, Port, PortRef, Ran, Ref};
use crate::reason::Reason;
use crate::supervisor::Backoff;

/// A pool to be: the group whose nodes have workers, and the init function that makes them. `P` is their port; an
/// init function that is only known by name gives a [`FnPort`], whose workers are sent untyped requests.
#[must_use = "nothing runs before the pool is started"]
pub struct Pool<P: Port = FnPort> {
    pub(super) spec: Spec,
    max_requests: usize,
    workers: PhantomData<fn() -> P>,
}

/// What the port of a pool has to know.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) group: String,
    pub(super) init: String,
    pub(super) args: Vec<Value>,
    pub(super) per_node: usize,
    pub(super) backoff: Backoff,
}

/// The handle on a pool. A clone is another handle on the same one; it ends when it is
/// [killed](Self::kil), not when the last is dropped.
pub struct PoolRef<P: Port = FnPort> {
    port: Ref<PoolPort>,
    room: Arc<Semaphore>,
    most: usize,
    within: Duration,
    retries: u32,
    workers: PhantomData<fn() -> P>,
}

/// How long a request may wait and be worked on, unless it is said otherwise.
const WITHIN: Duration = Duration::from_secs(30);

impl Pool {
    /// A pool of workers that are made by the init function of this name with these arguments, one on each node
    /// of the group: on each that has a member in it, its node port as a rule.
    ///
    /// # Panics
    /// When `args` cannot be serialised.
    pub fn new(group: impl Into<String>, init: impl Into<String>, args: impl Serialize) -> Self {
        Self::of(group.into(), init.into(), &args)
    }
}

impl<P: Port> Pool<P> {
    /// The same with an init function, whose workers are asked in the methods of their handle
    /// ([`PoolRef::call`]).
    ///
    /// # Panics
    /// When `args` cannot be serialised.
    pub fn init<A: Serialize>(
        group: impl Into<String>,
        init: impl InitFunction<A, P>,
        args: A,
    ) -> Self {
        Self::of(group.into(), init.name().into(), &args)
    }

    fn of(group: String, init: String, args: &impl Serialize) -> Self {
        let args = to_values(args).expect("the arguments of an init function serialise");
        let spec = Spec { group, init, args, per_node: 1, backoff: Backoff::default() };
        Self { spec, max_requests: 10_000, workers: PhantomData }
    }

    /// How many workers each node has. Default 1.
    pub fn per_node(mut self, workers: usize) -> Self {
        self.spec.per_node = workers;
        self
    }

    /// How many requests may wait and be worked on; one more is refused. Default 10,000.
    pub fn max_requests(mut self, requests: usize) -> Self {
        self.max_requests = requests.min(Semaphore::MAX_PERMITS);
        self
    }

    /// The pauses before workers that died are started again.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.spec.backoff = backoff;
        self
    }

    /// Starts the pool on this node.
    pub fn start(self, node: &Node) -> PoolRef<P> {
        let (most, room) = (self.max_requests, Arc::new(Semaphore::new(self.max_requests)));
        let port = node.port(PoolPort::new(self.spec)).as_handle().clone();
        if let Some(cell) = port.cell() {
            cell.push(Envelope::Call(Box::new(|port, ctx| {
                port.begin(ctx);
                Ran::Done(Ok(()))
            })));
        }
        PoolRef { port, room, most, within: WITHIN, retries: 0, workers: PhantomData }
    }
}

impl<P: Port> PoolRef<P> {
    /// A handle whose requests may wait and be worked on for so long, all together. Default 30 seconds.
    #[must_use = "this is another handle, and that one is as it was"]
    pub fn within(&self, deadline: Duration) -> Self {
        Self { within: deadline, ..self.clone() }
    }

    /// A handle whose requests are given to another worker so often when one is lost. They may then be carried out
    /// more than once. Default: never.
    #[must_use = "this is another handle, and that one is as it was"]
    pub fn retries(&self, retries: u32) -> Self {
        Self { retries, ..self.clone() }
    }

    /// Sends a request to one of the workers, in a method of their handle, and gives its answer:
    /// `pool.call(|worker| worker.square(7)).await?`.
    ///
    /// It waits its turn from when this was called, in order with other requests; awaiting later, or never, changes
    /// nothing for the worker. `send` is called when a worker is free, and again when the request is given to another
    /// one, in the context of the pool: it must be quick. A worker that exceeds a [`Call::timeout`] which `send` sets
    /// is killed, and counts as lost.
    ///
    /// # Errors
    /// See [`PoolError`].
    ///
    /// # Cancel safety
    /// Dropping it abandons the answer, not the request.
    pub fn call<T, F>(
        &self,
        send: F,
    ) -> impl Future<Output = Result<T, PoolError>> + Send + use<T, F, P>
    where
        T: Send + 'static,
        F: Fn(&P::Ref) -> Call<T> + Send + 'static,
    {
        let ask = move |core: &Arc<Core>, worker: &PortId| {
            let worker: P::Ref = Ref::at(&Node::of_core(core), worker.clone()).into();
            asked(send(&worker))
        };
        let answer =
            self.send(Work { ask: Box::new(ask), within: self.within, retries: self.retries });
        async move { given(answer).await }
    }

    /// Sends an untyped request to one of the workers, and gives its answer.
    ///
    /// It waits its turn from when this was called, in order with other requests; awaiting later, or never, changes
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
    ) -> impl Future<Output = Result<R, PoolError>> + Send + use<R, P> {
        let Request { values, within, retries } = request;
        let ask = move |core: &Arc<Core>, worker: &PortId| {
            asked(core.cal::<Rest>(worker.clone(), &values))
        };
        let (within, retries) = (within.unwrap_or(self.within), retries.unwrap_or(self.retries));
        let answer = self.send(Work { ask: Box::new(ask), within, retries });
        async move {
            let Rest(values) = given(answer).await?;
            let bad = |text: String| PoolError::BadAnswer { text };
            Message::from_values(values).decode::<R>().map_err(|error| bad(error.to_string()))
        }
    }

    fn send(&self, work: Work) -> Result<Waiting, PoolError> {
        let room = self.room.clone().try_acquire_owned();
        let permit = room.map_err(|_| PoolError::Full { most: self.most })?;
        let (reply, answer) = oneshot::channel();
        let job = Job::new(work, Instant::now(), reply, permit);
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

/// Who waits for the answer to a request.
type Waiting = oneshot::Receiver<Result<Answer, PoolError>>;

/// The answer to come; the deadline is the pool's own, so the end of the call is that of the worker.
fn asked<T: Send + 'static>(call: Call<T>) -> Asked {
    let call = call.or_timeout(Duration::MAX);
    Box::pin(async move { call.await.map(|answer| Box::new(answer) as Answer) })
}

/// The answer, once it has come, in its type.
async fn given<T: 'static>(answer: Result<Waiting, PoolError>) -> Result<T, PoolError> {
    let answer = answer?.await.unwrap_or(Err(PoolError::Ended))?;
    Ok(*answer.downcast().expect("an answer has the type of its request"))
}

impl<P: Port> Clone for PoolRef<P> {
    fn clone(&self) -> Self {
        let (port, room) = (self.port.clone(), self.room.clone());
        Self { port, room, ..*self }
    }
}

impl<P: Port> Clone for Pool<P> {
    fn clone(&self) -> Self {
        Self { spec: self.spec.clone(), ..*self }
    }
}

impl<P: Port> fmt::Debug for Pool<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({:?}, room for {})", self.spec, self.max_requests)
    }
}

impl<P: Port> fmt::Debug for PoolRef<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PoolRef({}, room for {})", self.port.id(), self.room.available_permits())
    }
}
