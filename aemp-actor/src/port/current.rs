//! The port in whose context the current code runs.
//!
//! Set around every poll of a port's code. It answers two questions: from which node does a handle
//! send that was made from a bare ID, and which port is the sender (guarantee 2: after a loss, what a
//! port sends stays lost until it has been told). Code that runs on behalf of a node and in no port
//! (the decoding of an answer, a callback) has an answer to the first only: [`on_node`].

use std::cell::RefCell;
use std::sync::Arc;

use super::any_cell::{AnyCell, address};
use crate::fail_points::fail_point;
use crate::id::PortId;
use crate::node::Core;

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

/// The node that handles are bound to, and the port that sends.
#[derive(Clone)]
pub(crate) struct Current {
    core: Arc<Core>,
    /// `None` outside ports.
    cell: Option<Arc<dyn AnyCell>>,
    /// It runs beside the handlers of the port: they go on while it waits.
    beside: bool,
}

impl Current {
    /// Code of this port.
    pub(crate) fn of_port(cell: Arc<dyn AnyCell>) -> Self {
        Self { core: cell.core().clone(), cell: Some(cell), beside: false }
    }

    /// A task of this port.
    pub(crate) fn beside_port(cell: Arc<dyn AnyCell>) -> Self {
        Self { beside: true, ..Self::of_port(cell) }
    }
}

/// Swaps `slot` with the current context, and back when the guard is dropped.
pub(crate) fn enter(slot: &mut Option<Current>) -> Entered<'_> {
    swap(slot);
    Entered { slot }
}

/// Runs `code` on behalf of a node: handles that are made in it send from there. Which port is the
/// sender does not change.
pub(crate) fn on_node<R>(core: &Arc<Core>, code: impl FnOnce() -> R) -> R {
    let running = look(|current| (current.cell.clone(), current.beside));
    let (cell, beside) = running.unwrap_or_default();
    let mut slot = Some(Current { core: core.clone(), cell, beside });
    let _entered = enter(&mut slot);
    code()
}

/// The node of the running port, or the one on whose behalf code runs.
pub(crate) fn core() -> Option<Arc<Core>> {
    look(|current| current.core.clone())
}

/// The running port.
pub(super) fn cell() -> Option<Arc<dyn AnyCell>> {
    look(|current| current.cell.clone()).flatten()
}

/// Whether the running port has lost messages to `target` and was not told yet.
pub(crate) fn sender_is_cut_off(target: &PortId) -> bool {
    let cut_off = look_at_port(|cell| cell.unnotified(target).is_some());
    cut_off && !fail_point!(ForgetLoss)
}

/// Whether a handler of this port is running, for which the port waits.
pub(crate) fn is_running(cell: &Arc<dyn AnyCell>) -> bool {
    is_handler() && look_at_port(|current| Arc::ptr_eq(current, cell))
}

/// The same, by its ID or a well-known one.
pub(crate) fn is_running_id(id: &PortId) -> bool {
    let is_it = |cell: &Arc<dyn AnyCell>| {
        id.node() == cell.core().id() && cell.core().registry().is_name_of(id.name(), cell)
    };
    is_handler() && look_at_port(is_it)
}

/// Whether no other code of the running port goes on while this waits.
fn is_handler() -> bool {
    look(|current| !current.beside).unwrap_or(false)
}

/// The running port, if it is the one of the cell at this address, leaves a caller without an answer.
pub(super) fn caller_is_notified(asked: usize) {
    let cell = look(|current| {
        let running = current.cell.as_ref()?;
        (address(running) == asked).then(|| running.clone())
    });
    if let Some(cell) = cell.flatten() {
        cell.caller_is_notified();
    }
}

// A thread that ends has no context any more, but may drop a node that it kept.

fn swap(slot: &mut Option<Current>) {
    let _ = CURRENT.try_with(|current| std::mem::swap(&mut *current.borrow_mut(), slot));
}

fn look<T>(at: impl FnOnce(&Current) -> T) -> Option<T> {
    CURRENT.try_with(|current| current.borrow().as_ref().map(at)).ok().flatten()
}

/// False outside ports.
fn look_at_port(at: impl FnOnce(&Arc<dyn AnyCell>) -> bool) -> bool {
    look(|current| current.cell.as_ref().is_some_and(at)).unwrap_or(false)
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
