//! The changes of a group as a stream of typed handles.

use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::handle::{self, Handle};
use crate::group::{GroupChange, Members};
use crate::node::Core;
use crate::node::mesh::GroupEvents;

/// A change of a group's members.
#[derive(Clone)]
#[non_exhaustive]
pub struct MembersChange<H> {
    /// Those that are new.
    pub added: Vec<H>,
    /// Those that are gone.
    pub removed: Vec<H>,
    ports: Members,
    core: Arc<Core>,
}

impl<H: Handle> MembersChange<H> {
    fn new(core: &Arc<Core>, change: GroupChange) -> Self {
        let handles = |ids: Vec<_>| ids.into_iter().map(|id| handle::bound(core, id)).collect();
        let GroupChange { ports, added, removed, .. } = change;
        Self { added: handles(added), removed: handles(removed), ports, core: core.clone() }
    }

    /// The members now, sorted.
    pub fn members(&self) -> Vec<H> {
        self.ports.iter().map(|id| handle::bound(&self.core, id.clone())).collect()
    }

    /// How many members there are now.
    pub fn len(&self) -> usize {
        self.ports.len()
    }

    /// Whether there is no member now.
    pub fn is_empty(&self) -> bool {
        self.ports.is_empty()
    }
}

impl<H: fmt::Debug> fmt::Debug for MembersChange<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { added, removed, ports, .. } = self;
        let mut change = f.debug_struct("MembersChange");
        change.field("members", ports).field("added", added).field("removed", removed).finish()
    }
}

/// The changes of a group: see [`Group::changes`](crate::Group::changes). A port can
/// [attach](crate::Ctx::attach) it.
///
/// Bounded: changes that happen while nobody reads become one change with their net effect.
pub struct GroupChanges<H> {
    core: Arc<Core>,
    /// `None`: it has ended.
    next: Option<Next>,
    members: PhantomData<fn() -> H>,
}

/// The next change, and what gives those after it.
type Next = Pin<Box<dyn Future<Output = (GroupEvents, Option<GroupChange>)> + Send>>;

impl<H: Handle> GroupChanges<H> {
    pub(super) fn new(core: &Arc<Core>, events: GroupEvents) -> Self {
        Self { core: core.clone(), next: Some(read(events)), members: PhantomData }
    }

    /// The next change; waits for it. `None`, and nothing else from then on, when the node is shut down and
    /// everything was read.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, no change is lost.
    pub async fn next(&mut self) -> Option<MembersChange<H>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

fn read(mut events: GroupEvents) -> Next {
    Box::pin(async move {
        let change = events.next().await;
        (events, change)
    })
}

impl<H: Handle> Stream for GroupChanges<H> {
    type Item = MembersChange<H>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(next) = &mut self.next else { return Poll::Ready(None) };
        let (events, change) = ready!(next.as_mut().poll(cx));
        self.next = change.is_some().then(|| read(events));
        Poll::Ready(change.map(|change| MembersChange::new(&self.core, change)))
    }
}

impl<H> fmt::Debug for GroupChanges<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GroupChanges(ended: {})", self.next.is_none())
    }
}
