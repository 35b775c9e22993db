//! The typed face of a group.

use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use super::changes::GroupChanges;
use super::error::GroupWaitError;
use super::handle::{self, Handle};
use super::request::GroupRequest;
use crate::group::Pick;
use crate::node::mesh::{GroupError, GrpToken};
use crate::node::{Core, Node};
use crate::port::{Call, Deadline};

/// A [group](Node::grp_reg) whose members are seen as handles of one kind: `Group<WorkerRef>` for ports of one
/// type, `Group<ScreenRef>` for ports of any type that answer a [protocol](macro@crate::protocol), `Group<PortId>`
/// for any.
///
/// ```
/// use std::time::Duration;
/// use aemp_actor::{Group, Pick, prelude::*};
///
/// #[derive(Port)]
/// struct Worker;
///
/// #[rcv]
/// impl Worker {
///     fn square(&mut self, n: u64) -> u64 { n * n }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let node = Node::local(); // or any node of the network
/// let workers: Group<WorkerRef> = node.group("workers");
/// for _ in 0..4 {
///     workers.join(&node.port(Worker))?;
/// }
/// assert_eq!(workers.wait(Duration::from_secs(10)).await?.len(), 4);
///
/// // It may be carried out twice: another one is asked when a worker is lost.
/// let square = workers.request(Pick::LeastLoaded, |worker| worker.square(7)).retries(2).await?;
/// assert_eq!(square, 49);
///
/// let joes = workers.pick(Pick::key("joe")).expect("there are members");
/// assert_eq!(joes.square(2).await?, 4); // the same one on every node
/// # Ok(())
/// # }
/// ```
///
/// What a name stands for is not checked: a member that does not understand what it is sent refuses it, and a
/// request to it fails with [`CallError::Refused`](crate::CallError::Refused).
///
/// A clone is another handle on the same group. It does not keep the node alive. Handles that it gives send from
/// its node.
pub struct Group<H> {
    core: Arc<Core>,
    name: Arc<str>,
    members: PhantomData<fn() -> H>,
}

impl Node {
    /// A group of typed handles: see [`Group`].
    pub fn group<H: Handle>(&self, name: impl AsRef<str>) -> Group<H> {
        let (core, name) = (self.core().clone(), name.as_ref().into());
        Group { core, name, members: PhantomData }
    }
}

impl<H: Handle> Group<H> {
    /// The name of the group.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Makes a port of this node a member, until it dies or the token is cancelled.
    ///
    /// # Errors
    /// As for [`Node::grp_reg`].
    pub fn join(&self, port: impl Into<H>) -> Result<GrpToken, GroupError> {
        self.node().grp_reg(self.name(), port.into().port_id())
    }

    /// The members, sorted, as far as this node has been told.
    pub fn members(&self) -> Vec<H> {
        let members = self.node().grp_get(self.name());
        members.into_iter().map(|id| handle::bound(&self.core, id)).collect()
    }

    /// Chooses a member; `None` when there is none.
    pub fn pick(&self, how: Pick) -> Option<H> {
        let id = self.node().grp_pick(self.name(), how)?;
        Some(handle::bound(&self.core, id))
    }

    /// Waits until there is a member, and gives all.
    ///
    /// # Errors
    /// When there is none in time, or this node is shut down.
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub async fn wait(&self, within: Duration) -> Result<Vec<H>, GroupWaitError> {
        let mut deadline = Deadline::new(self.core.timers(), Instant::now(), within);
        let mut changes = self.changes();
        loop {
            let change = {
                let mut next = pin!(changes.next());
                poll_fn(|cx| match next.as_mut().poll(cx) {
                    Poll::Ready(change) => Poll::Ready(Some(change)),
                    Poll::Pending => deadline.poll(cx).map(|()| None),
                })
                .await
            };
            let group = || self.name().to_owned();
            match change {
                None => return Err(GroupWaitError::Timeout { group: group(), within }),
                Some(None) => return Err(GroupWaitError::ShutDown { group: group() }),
                Some(Some(change)) if change.is_empty() => {}
                Some(Some(change)) => return Ok(change.members()),
            }
        }
    }

    /// The changes of the group as a stream. The first is with the members there are, as if all had been added;
    /// there is none while the group is empty. It ends when this node is shut down.
    pub fn changes(&self) -> GroupChanges<H> {
        GroupChanges::new(&self.core, self.node().grp_events(self.name()))
    }

    /// Calls `send` with each member, and says how many there were: `workers.send_all(|worker| worker.reload())`.
    pub fn send_all<R>(&self, mut send: impl FnMut(&H) -> R) -> usize {
        let members = self.members();
        for member in &members {
            drop(send(member));
        }
        members.len()
    }

    /// Sends a request to one member, and gives its answer: `send` makes it with the handle of who is chosen. It
    /// was sent when this was called, in order with other messages.
    ///
    /// The error is that of the request, or [`CallError::NoMember`](crate::CallError::NoMember). A failure is
    /// remembered for [`Pick::LeastRecentlyFailed`]. Unless [`retries`](GroupRequest::retries) says otherwise, nobody
    /// else is asked then.
    ///
    /// # Panics
    /// When `send` does: when the member is on another node and the message cannot be serialised.
    pub fn request<T, F>(&self, how: Pick, send: F) -> GroupRequest<H, F, T>
    where
        F: Fn(&H) -> Call<T>,
    {
        GroupRequest::new(self.clone(), how, send)
    }

    pub(super) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    fn node(&self) -> Node {
        Node::of_core(&self.core)
    }
}

impl<H> Clone for Group<H> {
    fn clone(&self) -> Self {
        let (core, name) = (self.core.clone(), self.name.clone());
        Self { core, name, members: PhantomData }
    }
}

impl<H> fmt::Debug for Group<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Group({:?} on {})", self.name, self.core.id())
    }
}
