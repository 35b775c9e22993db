//! The port in whose context the current code runs.
//!
//! Set around every poll of a port's code and nowhere else. It answers two questions: from which
//! node does a handle send that was made from a bare ID, and which port is the sender (guarantee
//! 2: after a loss, what a port sends stays lost until it has been told).

use std::cell::RefCell;
use std::sync::Arc;

use super::any_cell::AnyCell;
use crate::id::PortId;
use crate::mutation::{Mutation, strikes};
use crate::node::Core;

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

/// A port and its node.
#[derive(Clone)]
pub(crate) struct Current {
    pub(crate) core: Arc<Core>,
    pub(crate) cell: Arc<dyn AnyCell>,
}

/// Swaps `slot` with the current context, and back when the guard is dropped.
pub(crate) fn enter(slot: &mut Option<Current>) -> Entered<'_> {
    swap(slot);
    Entered { slot }
}

/// The node of the running port, if code of one is running.
pub(crate) fn core() -> Option<Arc<Core>> {
    look(|current| current.core.clone())
}

/// Whether the running port has lost messages to `target` and was not told yet.
pub(crate) fn sender_is_cut_off(target: &PortId) -> bool {
    let cut_off = look(|current| current.cell.untold(target).is_some()).unwrap_or(false);
    cut_off && !strikes(Mutation::ForgetLoss)
}

/// Whether the running port is this one.
pub(crate) fn is_running(cell: &Arc<dyn AnyCell>) -> bool {
    look(|current| Arc::ptr_eq(&current.cell, cell)).unwrap_or(false)
}

/// The same, by its ID.
pub(crate) fn is_running_id(id: &PortId) -> bool {
    let is_it =
        |current: &Current| id.node() == current.core.id() && id.name() == current.cell.name();
    look(is_it).unwrap_or(false)
}

/// The running port, if it is the one of the cell at this address, leaves a caller without an answer.
pub(super) fn caller_is_told(asked: usize) {
    let cell = look(|current| {
        let running = Arc::as_ptr(&current.cell).cast::<()>().addr();
        (running == asked).then(|| current.cell.clone())
    });
    if let Some(cell) = cell.flatten() {
        cell.caller_is_told();
    }
}

// A thread that ends has no context any more, but may drop a node that it kept.

fn swap(slot: &mut Option<Current>) {
    let _ = CURRENT.try_with(|current| std::mem::swap(&mut *current.borrow_mut(), slot));
}

fn look<T>(at: impl FnOnce(&Current) -> T) -> Option<T> {
    CURRENT.try_with(|current| current.borrow().as_ref().map(at)).ok().flatten()
}

/// Puts the former context back.
pub(crate) struct Entered<'a> {
    slot: &'a mut Option<Current>,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        swap(self.slot);
    }
}
