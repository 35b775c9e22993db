//! What takes part: a framework, or a floor beneath them all, with the work that it can do.
//!
//! A contender implements [`Local`], [`Remote`] or both; the workloads are written once, for all of
//! them.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::figures::Figures;
use crate::scale::Scale;
use crate::suite::{LocalSuite, RemoteSuite};
use crate::{population, workload};

/// One row of the table of contenders.
pub(crate) struct Contender {
    /// Its name in the results, and on the command line.
    pub(crate) name: &'static str,
    /// What it does within one process.
    pub(crate) local: Option<fn(LocalSuite, &Scale) -> Figures>,
    /// What it does in two processes.
    pub(crate) remote: Option<RemoteWork>,
    /// Why it cannot take part here, if it cannot.
    pub(crate) absent: fn() -> Option<String>,
}

/// The two sides of the work in two processes.
#[derive(Clone, Copy)]
pub(crate) struct RemoteWork {
    pub(crate) client: fn(&'static str, RemoteSuite, &Scale) -> Figures,
    pub(crate) server: fn(),
}

impl Contender {
    /// One that works within a process.
    pub(crate) const fn local<L: Local>(name: &'static str) -> Self {
        let local: fn(LocalSuite, &Scale) -> Figures = local::<L>;
        Self { name, local: Some(local), remote: None, absent: present }
    }

    /// One that works in two processes.
    pub(crate) const fn remote<R: Remote>(name: &'static str) -> Self {
        let remote = RemoteWork { client: workload::remote::client::<R>, server: server::<R> };
        Self { name, local: None, remote: Some(remote), absent: present }
    }

    /// The same, which works in two processes as well.
    pub(crate) const fn and_remote<R: Remote>(self) -> Self {
        let remote = Self::remote::<R>(self.name).remote;
        Self { remote, ..self }
    }
}

fn present() -> Option<String> {
    None
}

fn local<L: Local>(suite: LocalSuite, scale: &Scale) -> Figures {
    match suite {
        LocalSuite::Population(size) => population::run::<L>(size, scale),
        LocalSuite::Work(work) => workload::run::<L>(work, scale),
    }
}

fn server<R: Remote>() {
    R::run(R::serve());
}

/// Actors in one process. Each actor is the same: it adds up what it is sent, answers with the sum,
/// and passes tokens on to the next one.
pub(crate) trait Local: 'static {
    /// What one speaks to an actor with.
    type Handle: Clone + Send + Sync + 'static;

    /// Runs on the runtime that it wants: of tokio, with a worker for each core, unless it says
    /// otherwise.
    fn run<T>(work: impl Future<Output = T>) -> T {
        crate::machine::runtime().block_on(work)
    }

    /// Starts an actor, whose state holds a [`Live`].
    fn spawn() -> impl Future<Output = Self::Handle> + Send;

    /// Sends it a number to add.
    fn tell(to: &Self::Handle, n: u64) -> impl Future<Output = ()> + Send;

    /// Asks for the sum.
    fn ask(to: &Self::Handle) -> impl Future<Output = u64> + Send;

    /// Tells it who is next, and who waits for the tokens.
    fn join(
        to: &Self::Handle,
        next: Self::Handle,
        tokens: Tokens,
    ) -> impl Future<Output = ()> + Send;

    /// Sends it a token that goes so many steps further.
    fn pass(to: &Self::Handle, steps: u64) -> impl Future<Output = ()> + Send;

    /// Has it end.
    fn kill(handle: Self::Handle) -> impl Future<Output = ()> + Send;
}

/// An actor in another process, which adds up what it is sent.
pub(crate) trait Remote: Send + Sized + Sync + 'static {
    /// Runs on the runtime that it wants.
    fn run<T>(work: impl Future<Output = T>) -> T {
        crate::machine::runtime().block_on(work)
    }

    /// The other process: prints one line for [`connect`](Self::connect) and goes on until its
    /// standard input ends.
    fn serve() -> impl Future<Output = ()>;

    /// Connects to what has printed that line.
    fn connect(line: String) -> impl Future<Output = Self>;

    /// Sends a number to add.
    fn tell(&self, n: u64) -> impl Future<Output = ()> + Send;

    /// Sends `1` so often.
    fn tell_many(&self, count: usize) -> impl Future<Output = ()> + Send {
        async move {
            for _ in 0..count {
                self.tell(1).await;
            }
        }
    }

    /// Sends bytes, whose number is added.
    fn bytes(&self, payload: &Bytes) -> impl Future<Output = ()> + Send;

    /// Asks for the sum of what was sent before.
    fn ask(&self) -> impl Future<Output = u64> + Send;
}

/// Tokens that are under way.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    inner: Arc<(AtomicUsize, Notify)>,
}

impl Tokens {
    pub(crate) fn new(count: usize) -> Self {
        Self { inner: Arc::new((AtomicUsize::new(count), Notify::new())) }
    }

    /// One has gone all its steps.
    pub(crate) fn arrived(&self) {
        if self.inner.0.fetch_sub(1, SeqCst) == 1 {
            self.inner.1.notify_one();
        }
    }

    /// Waits until all have.
    pub(crate) async fn all(&self) {
        self.inner.1.notified().await;
    }
}

/// How many actors there are.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// Stands in the state of each actor, so that it is known when all have ended.
#[derive(Debug)]
pub(crate) struct Live(());

impl Live {
    /// How many there are.
    pub(crate) fn count() -> usize {
        LIVE.load(Relaxed)
    }
}

impl Default for Live {
    fn default() -> Self {
        LIVE.fetch_add(1, Relaxed);
        Self(())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Relaxed);
    }
}
