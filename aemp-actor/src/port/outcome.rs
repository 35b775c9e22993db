//! What closures in port context may return.

use crate::die::Die;

/// Nothing, or a `Result<(), Die>` of which `Err` kills the port.
pub trait Outcome {
    /// As a result.
    ///
    /// # Errors
    /// What the closure returned.
    fn into_result(self) -> Result<(), Die>;
}

impl Outcome for () {
    fn into_result(self) -> Result<(), Die> {
        Ok(())
    }
}

impl Outcome for Result<(), Die> {
    fn into_result(self) -> Result<(), Die> {
        self
    }
}
