//! Code of the user's, polled and dropped in the context of its port.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use super::cell::Cell;
use super::current::{self, Current};
use super::definition::Port;
use super::run::Run;
use crate::die::Die;
use crate::panics;

/// Drops user data in the context of its port.
pub(super) fn drop_user_data<P: Port, T>(cell: &Arc<Cell<P>>, data: T) {
    if !std::mem::needs_drop::<T>() {
        return;
    }
    let mut slot = Some(Current::of_port(cell.clone()));
    cell.core.in_runtime("a destructor of a dying port", || {
        let _entered = current::enter(&mut slot);
        drop(data);
    });
}

/// Why code did not end by itself.
pub(super) enum Stopped {
    /// Its run was aborted.
    Aborted,
    /// It panicked.
    Failed(Die),
}

/// Polls `code` as code of the port: with the current context set, panics caught, and dropped,
/// in that context, when it has ended or its run is aborted.
pub(super) async fn in_context<P: Port, F: Future>(
    cell: &Arc<Cell<P>>,
    run: &Run,
    code: Pin<&mut Option<F>>,
) -> Result<F::Output, Stopped> {
    let mut slot = Some(Current::of_port(cell.clone()));
    let mut code = InContext { cell, run, code, ended: false };
    poll_fn(|cx| {
        if run.is_aborted() {
            return Poll::Ready(Err(Stopped::Aborted));
        }
        let polled = panics::caught(|| {
            let _entered = current::enter(&mut slot);
            let running = code.code.as_mut().as_pin_mut();
            running.map_or(Poll::Pending, |running| running.poll(cx))
        });
        match polled {
            Ok(Poll::Ready(result)) => {
                code.ended = true;
                Poll::Ready(Ok(result))
            }
            Ok(Poll::Pending) if run.suspend(cx.waker()) => Poll::Pending,
            Ok(Poll::Pending) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Err(die) => Poll::Ready(Err(Stopped::Failed(die))),
        }
    })
    .await
}

/// Drops a port's code in the context of the port, unless it has ended, and holds nothing any more.
struct InContext<'a, P: Port, F> {
    cell: &'a Arc<Cell<P>>,
    run: &'a Run,
    code: Pin<&'a mut Option<F>>,
    ended: bool,
}

impl<P: Port, F> Drop for InContext<'_, P, F> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        self.run.end();
        let cell = self.cell;
        let mut slot = Some(Current::of_port(cell.clone()));
        cell.core.user_code("a destructor of a port's code", || {
            let _entered = current::enter(&mut slot);
            self.code.set(None);
        });
    }
}
