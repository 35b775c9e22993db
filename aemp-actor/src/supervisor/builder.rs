//! What a supervisor is made of.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::child::ChildSpec;
use super::port::{SupervisorPort, SupervisorRef};
use super::rules::{Backoff, Rules, Strategy};
use crate::node::Node;
use crate::port::{Cell, Init, PortRef};

/// A supervisor to be: its rules and its first children.
///
/// [`start`](Self::start) starts it; [`Child::supervisor`](super::Child::supervisor) puts it below another
/// one; and [`start_in`](Self::start_in) makes it the port of an init function.
///
/// Unless it is said otherwise it bears 3 failures within 5 seconds, and at the 4th stops its children and
/// dies with the kind `max_restarts`.
#[derive(Clone, Default)]
#[must_use = "nothing runs before the supervisor is started"]
pub struct Supervisor {
    pub(super) rules: Rules,
    pub(super) children: Vec<ChildSpec>,
    pub(super) max_children: Option<usize>,
    /// It is below another one, which says what becomes of its children when it has ended.
    pub(super) is_below: bool,
}

/// Children of a supervisor, unless it is said otherwise.
const MAX_CHILDREN: usize = 1_000_000;

impl Supervisor {
    /// A supervisor without children.
    pub fn new(strategy: Strategy) -> Self {
        Self { rules: Rules { strategy, ..Rules::default() }, ..Self::default() }
    }

    /// How many failures within `window` it bears: with one more it stops all children and dies, so that
    /// whoever supervises it decides. Failed starts count, too; that a node went down does not. One failure
    /// that takes other children along counts as one.
    pub fn intensity(mut self, restarts: u32, window: Duration) -> Self {
        self.rules.intensity.restarts = Some(restarts);
        self.rules.intensity.window = window;
        self
    }

    /// Bears any number of failures; only the [`Backoff`] bounds how often children are started.
    pub fn any_intensity(mut self) -> Self {
        self.rules.intensity.restarts = None;
        self
    }

    /// The pauses before restarts.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.rules.backoff = backoff;
        self
    }

    /// How many children it may have, those that have ended and may be started again included. Default
    /// 1,000,000.
    pub fn max_children(mut self, children: usize) -> Self {
        self.max_children = Some(children);
        self
    }

    /// Adds a child. Children are started in the order in which they are added, each when those before it
    /// have started.
    ///
    /// # Panics
    /// When there is a child of that name already, or more than
    /// [`max_children`](Self::max_children).
    #[track_caller]
    pub fn child(mut self, child: impl Into<ChildSpec>) -> Self {
        let child = child.into();
        let name = &child.name;
        let taken = self.children.iter().any(|other| other.name == *name);
        assert!(!taken, "the supervisor has a child {name:?} already");
        assert!(self.children.len() < self.most(), "more children than max_children");
        self.children.push(child);
        self
    }

    /// Starts the supervisor, and then its children.
    ///
    /// It lives until it is killed or [shut down](SupervisorRef::shutdown), or has failed too often. When it
    /// dies, however that comes, its children end.
    pub fn start(self, node: &Node) -> SupervisorRef {
        let supervisor = node.port(SupervisorPort::new(self));
        if let Some(cell) = supervisor.as_handle().cell() {
            SupervisorPort::begin_soon(&cell);
        }
        supervisor
    }

    /// Starts the supervisor in the place of the port whose init function this is, and which returns it:
    /// so supervisors are spawned by name, on any node.
    pub fn start_in(self, init: &mut Init) -> SupervisorPort {
        if let Ok(cell) = init.cell().clone().as_any().downcast::<Cell<SupervisorPort>>() {
            SupervisorPort::begin_soon(&cell);
        }
        SupervisorPort::new(self)
    }

    /// The same, below another one.
    pub(super) fn below(&self) -> Self {
        Self { is_below: true, ..self.clone() }
    }

    pub(super) fn most(&self) -> usize {
        self.max_children.unwrap_or(MAX_CHILDREN)
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let children: Vec<&Arc<str>> = self.children.iter().map(|child| &child.name).collect();
        f.debug_struct("Supervisor")
            .field("rules", &self.rules)
            .field("children", &children)
            .finish_non_exhaustive()
    }
}
