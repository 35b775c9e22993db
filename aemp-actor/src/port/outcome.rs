//! What code in port context may be, and may return.

use std::future::Future;
use std::pin::Pin;

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

/// Code of a port that is awaited.
pub type PortFuture<'a> = Pin<Box<dyn Future<Output = Result<(), Die>> + Send + 'a>>;

/// What came of calling code in port context.
pub(crate) enum Ran<'a> {
    /// It has ended.
    Done(Result<(), Die>),
    /// It is to be awaited.
    Later(PortFuture<'a>),
}

impl Ran<'_> {
    pub(crate) fn done(outcome: impl Outcome) -> Self {
        Self::Done(outcome.into_result())
    }
}

impl<'a> Ran<'a> {
    pub(crate) fn later<R: Outcome>(code: impl Future<Output = R> + Send + 'a) -> Self {
        Self::Later(Box::pin(async move { code.await.into_result() }))
    }
}
