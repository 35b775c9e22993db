//! Requests that are answered when their handler has ended: of a protocol, by its handle.

use aemp_actor::{Reply, protocol};

use super::record::{CalNo, WordNo};

/// What becomes of a request, and how.
pub(super) const WAYS: usize = 4;
pub(super) const BY_TASK: u64 = 0;
pub(super) const FAILED: u64 = 1;
/// Another port is asked, and answers.
pub(super) const FORWARDED: u64 = 2;

/// The kind of the reason that requests are failed with; its text is the number of the request.
pub(super) const REASON: &str = "later";

/// Those who answer later.
#[protocol]
pub(super) trait Later {
    /// A request: in so many milliseconds it is answered in one of the [`WAYS`].
    fn ask_later(&self, word: WordNo, cal: CalNo, millis: u64, way: u64) -> u64;
}

/// Does what was asked for.
pub(super) fn settle(reply: Reply<u64>, cal: CalNo, way: u64) {
    match way {
        FAILED => reply.fail((REASON, cal.to_string())),
        _ => reply.answer(cal as u64),
    }
}
