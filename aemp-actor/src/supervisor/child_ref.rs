//! The handle on a child that follows its restarts.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;

use super::error::NotRunning;
use crate::id::PortId;
use crate::node::Node;
use crate::port::{Port, Ref};
use crate::reason::Reason;

/// A handle on a child of a supervisor: whichever port the child is now.
///
/// [`Child::child_ref`](crate::supervisor::Child::child_ref) gives it, before the supervisor is started or
/// after. A handle that it gave is one on that very port: after a restart it leads to a dead one, and
/// [`get`](Self::get) gives the next.
///
/// It knows of the child what the supervisor does: between the death of a port and the news of it,
/// messages are lost as with any other dead port. It does not keep the supervisor or its node alive. Of a
/// supervisor that is started several times, from clones, it follows the child that was started last.
pub struct ChildRef<P: Port> {
    name: Arc<str>,
    slot: Arc<Slot<P>>,
}

/// What the supervisor tells of the child.
pub(super) struct Slot<P: Port> {
    state: watch::Sender<State<P>>,
}

enum State<P: Port> {
    Starting(Option<Reason>),
    Running(Ref<P>),
    Ended(Option<Reason>),
}

/// The supervisor's end of a slot.
pub(super) trait AnySlot: Send + Sync {
    /// The port `id` runs, to which messages are sent from `node`.
    fn run(&self, node: &Node, id: &PortId);
    /// It does not run, and will be started again.
    fn start(&self, reason: Option<Reason>);
    /// If it runs, it does not any more; whether it will again is not known.
    fn pause(&self);
    /// It does not run, and will not.
    fn end(&self, reason: Option<Reason>);
}

impl<P: Port> Default for Slot<P> {
    fn default() -> Self {
        Self { state: watch::Sender::new(State::Starting(None)) }
    }
}

impl<P: Port> AnySlot for Slot<P> {
    fn run(&self, node: &Node, id: &PortId) {
        self.state.send_replace(State::Running(Ref::at(node, id)));
    }

    fn start(&self, reason: Option<Reason>) {
        self.state.send_replace(State::Starting(reason));
    }

    fn pause(&self) {
        self.state.send_if_modified(|state| {
            let runs = matches!(state, State::Running(_));
            if runs {
                *state = State::Starting(None);
            }
            runs
        });
    }

    fn end(&self, reason: Option<Reason>) {
        self.state.send_replace(State::Ended(reason));
    }
}

impl<P: Port> ChildRef<P> {
    pub(super) fn new(name: Arc<str>, slot: Arc<Slot<P>>) -> Self {
        Self { name, slot }
    }

    /// The name of the child.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The typed handle on the port that the child is now.
    ///
    /// # Errors
    /// When the child does not run now.
    pub fn get(&self) -> Result<P::Ref, NotRunning> {
        self.read(&self.slot.state.borrow())
    }

    /// The typed handle; waits for the next start when the child does not run. There is no deadline: a
    /// child of a supervisor that is never started is waited for without end.
    ///
    /// # Errors
    /// When the child is not started again.
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub async fn wait(&self) -> Result<P::Ref, NotRunning> {
        self.wait_until(|_| true).await
    }

    /// As [`wait`](Self::wait), for a port that is not `last`: what to wait for when `last` is known to have
    /// died, since the supervisor may not know it yet.
    ///
    /// # Errors
    /// When the child is not started again.
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub async fn wait_after(&self, last: impl Into<PortId>) -> Result<P::Ref, NotRunning> {
        let last = last.into();
        self.wait_until(|port| port.id() != last).await
    }

    /// Waits until the child is one of these ports, or ends.
    async fn wait_until(&self, is_wanted: impl Fn(&Ref<P>) -> bool) -> Result<P::Ref, NotRunning> {
        let mut news = self.slot.state.subscribe();
        let known = news.wait_for(|state| match state {
            State::Starting(_) => false,
            State::Running(port) => is_wanted(port),
            State::Ended(_) => true,
        });
        let known = known.await;
        // There is a sender as long as this lives.
        match known {
            Ok(state) => self.read(&state),
            Err(_) => self.get(),
        }
    }

    /// The ID of the port that the child is now.
    ///
    /// # Errors
    /// When the child does not run now.
    pub fn id(&self) -> Result<PortId, NotRunning> {
        self.with(&self.slot.state.borrow(), Ref::id)
    }

    /// Sends an untyped message to the port that the child is now.
    ///
    /// # Errors
    /// When the child does not run now: nothing was sent.
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    #[track_caller]
    pub fn snd(&self, msg: impl Serialize) -> Result<(), NotRunning> {
        let handle = self.with(&self.slot.state.borrow(), Ref::clone)?;
        crate::port::PortRef::snd(&handle, msg);
        Ok(())
    }

    fn read(&self, state: &State<P>) -> Result<P::Ref, NotRunning> {
        self.with(state, |handle| handle.clone().into())
    }

    fn with<T>(&self, state: &State<P>, read: impl FnOnce(&Ref<P>) -> T) -> Result<T, NotRunning> {
        let name = self.name.clone();
        match state {
            State::Running(handle) => Ok(read(handle)),
            State::Starting(reason) => Err(NotRunning::Starting { name, reason: reason.clone() }),
            State::Ended(reason) => Err(NotRunning::Ended { name, reason: reason.clone() }),
        }
    }
}

impl<P: Port> Clone for ChildRef<P> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), slot: self.slot.clone() }
    }
}

impl<P: Port> fmt::Debug for ChildRef<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id() {
            Ok(id) => write!(f, "ChildRef({}: {id})", self.name),
            Err(error) => write!(f, "ChildRef({error})"),
        }
    }
}
