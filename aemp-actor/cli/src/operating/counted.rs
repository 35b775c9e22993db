//! Commands that end after so many of something.

use std::time::Duration;

use crate::Failure;

/// The time is over: that is a failure if more were to come.
pub(super) fn all_came(
    seen: u64,
    count: Option<u64>,
    what: &str,
    limit: Duration,
) -> Result<(), Failure> {
    match count {
        Some(count) if seen < count => {
            Err(Failure::Timeout(format!("only {seen} of {count} {what} came within {limit:?}")))
        }
        _ => Ok(()),
    }
}
