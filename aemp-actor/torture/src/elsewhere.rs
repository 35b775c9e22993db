//! Other threads in a run that has one: what they do happens while the run's own thread waits, so
//! that every run can be repeated.

use std::panic::resume_unwind;

use tokio::runtime::Handle;

/// Runs `code` on a thread of its own, with the clock and the runtime of this one, and waits for
/// it. No port is running there, and no monitors are being fired.
pub(super) fn elsewhere<R: Send>(code: impl FnOnce() -> R + Send) -> R {
    let handle = Handle::current();
    let inside = || {
        let _entered = handle.enter();
        code()
    };
    std::thread::scope(|scope| {
        scope.spawn(inside).join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}
