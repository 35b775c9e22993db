//! [`Liveness`]: signs of life that are not bytes of the stream.

use tokio::time::Instant;

/// Signs of life of a stream's other side, for a stream that a third party passes on.
///
/// That such a stream takes what is written says nothing of the other side.
pub trait Liveness: Send + Sync {
    /// When the last sign of life of the other side came; when the stream began, if none did.
    fn last_sign(&self) -> Instant;

    /// Asks the other side for a sign of life that does not wait behind the bytes of the stream.
    /// Does nothing where there is no room for the question.
    fn ask(&self);
}
