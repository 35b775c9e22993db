//! Several ports of one type, of which any that has room is sent to.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use super::call::DEFAULT_TIMEOUT;
use super::definition::Port;
use super::port_ref::{PortRef, ProtocolRef};
use super::snd_wait::SndWaitError;
use super::through::WhenRoom;

/// Ports that do the same work, by handles of one kind, that of their type or of a protocol: what is sent goes to one that has room, in turn; where none has, its
/// sender waits. How much work waits in front of each is the bound of its mailbox
/// ([`PortOptions::max_messages`](crate::PortOptions::max_messages)).
///
/// ```
/// use aemp_actor::{Balancer, PortOptions};
/// # use aemp_actor::prelude::*;
/// # #[derive(Port)] struct Worker;
/// # #[rcv] impl Worker { async fn square(&mut self, n: u64) -> u64 { n * n } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let node = Node::local();
/// let one_waits = PortOptions::new().max_messages(1);
/// let workers = Balancer::new((0..4).map(|_| node.port_with(Worker, one_waits)));
/// let square = workers.when_room(|worker| worker.square(7)).await?.await?;
/// assert_eq!(square, 49);
/// # Ok(())
/// # }
/// ```
///
/// It is plain data: it keeps no port alive, and does not notice that one has died; what is sent to that is lost, and
/// a request fails with its death.
pub struct Balancer<H> {
    members: Arc<[H]>,
    next: Arc<AtomicUsize>,
}

impl<H> Balancer<H> {
    /// One for these ports.
    ///
    /// # Panics
    /// When there are none.
    #[track_caller]
    pub fn new(members: impl IntoIterator<Item = H>) -> Self {
        let members: Arc<[H]> = members.into_iter().collect();
        assert!(!members.is_empty(), "a balancer of no ports");
        Self { members, next: Arc::default() }
    }

    /// The ports.
    pub fn members(&self) -> &[H] {
        &self.members
    }

    /// Sends what `send` sends to one of the ports, when one has room. `send` is called for each that is tried, and
    /// what it sent to others is dropped. Else it is as
    /// [`PortRef::when_room`](crate::PortRef::when_room).
    pub fn when_room<T, F, K>(&self, send: F) -> WhenAnyHasRoom<H, F, T>
    where
        H: Balanced<K>,
        F: Fn(&H::Handle) -> T,
    {
        WhenAnyHasRoom {
            first: self.next.fetch_add(1, Ordering::Relaxed),
            members: self.members.clone(),
            send,
            try_one: |member, send, timeout| member.wait_for_room(send).timeout(timeout),
            tried: Vec::new(),
            timeout: DEFAULT_TIMEOUT,
        }
    }
}

/// The handles are those of a type of ports.
#[derive(Debug)]
pub enum OfPorts {}

/// The handles are those of a protocol.
#[derive(Debug)]
pub enum OfProtocols {}

/// Handles that a [`Balancer`] can have: those of ports, and those of protocols, which `K` tells apart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no typed handle",
    note = "a `Balancer` has the handles that `#[derive(Port)]` and `#[protocol]` make"
)]
pub trait Balanced<K> {
    /// The handle that messages are given to.
    type Handle;

    /// Their `when_room`.
    #[doc(hidden)]
    fn wait_for_room<T>(&self, send: impl FnOnce(&Self::Handle) -> T) -> WhenRoom<T>;
}

impl<H: PortRef> Balanced<OfPorts> for H {
    type Handle = <H::Port as Port>::Ref;

    fn wait_for_room<T>(&self, send: impl FnOnce(&Self::Handle) -> T) -> WhenRoom<T> {
        self.when_room(send)
    }
}

impl<H: ProtocolRef> Balanced<OfProtocols> for H {
    type Handle = H::Protocol;

    fn wait_for_room<T>(&self, send: impl FnOnce(&Self::Handle) -> T) -> WhenRoom<T> {
        self.when_room(send)
    }
}

impl<H> Clone for Balancer<H> {
    fn clone(&self) -> Self {
        Self { members: self.members.clone(), next: self.next.clone() }
    }
}

impl<H> fmt::Debug for Balancer<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Balancer({} ports)", self.members.len())
    }
}

/// What was sent to a pool, when one of its ports has room: await it. There is always a deadline, 30 seconds after
/// the first poll unless [`timeout`](Self::timeout) says otherwise.
///
/// # Cancel safety
/// Dropped before it is ready, nothing was sent.
#[must_use = "nothing is sent unless it is awaited"]
pub struct WhenAnyHasRoom<H, F, T> {
    members: Arc<[H]>,
    /// Who is asked first.
    first: usize,
    send: F,
    /// `when_room` of a member.
    try_one: fn(&H, &F, Duration) -> WhenRoom<T>,
    /// Those that have been asked, from the first on.
    tried: Vec<WhenRoom<T>>,
    timeout: Duration,
}

impl<H, F, T> WhenAnyHasRoom<H, F, T> {
    /// Sets the deadline, counted from the first poll.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self.tried.clear();
        self
    }
}

// Nothing of it is pinned.
impl<H, F, T> Unpin for WhenAnyHasRoom<H, F, T> {}

impl<H, F, T> Future for WhenAnyHasRoom<H, F, T> {
    type Output = Result<T, SndWaitError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { members, first, send, try_one, tried, timeout } = &mut *self;
        let (mut itself, mut is_pending) = (None, false);
        for index in 0..members.len() {
            let member = &members[first.wrapping_add(index) % members.len()];
            if index == tried.len() {
                tried.push(try_one(member, send, *timeout));
            }
            match Pin::new(&mut tried[index]).poll(cx) {
                // One that waits here itself gets nothing; others may have room in time.
                Poll::Ready(Err(error @ SndWaitError::Itself { .. })) => {
                    itself = Some(error);
                    tried[index] = try_one(member, send, *timeout);
                }
                Poll::Ready(sent) => return Poll::Ready(sent),
                Poll::Pending => is_pending = true,
            }
        }
        match itself {
            Some(error) if !is_pending => Poll::Ready(Err(error)),
            _ => Poll::Pending,
        }
    }
}

impl<H, F, T> fmt::Debug for WhenAnyHasRoom<H, F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WhenAnyHasRoom({} ports within {:?})", self.members.len(), self.timeout)
    }
}
