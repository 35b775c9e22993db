//! Why a request to a pool has no answer.

use std::time::Duration;

use crate::id::PortId;
use crate::port::CallError;
use crate::reason::Reason;

/// Why a request to a pool has no answer.
#[derive(Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// As many requests wait, or are worked on, as may: nothing was sent.
    #[error("the pool has {most} requests, as many as it may (max_requests)")]
    Full {
        /// How many there may be.
        most: usize,
    },
    /// The deadline passed, that of the request or one that its [`Call`](crate::Call) had. It may have been carried
    /// out.
    #[error("no answer within {after:?}")]
    Timeout {
        /// How long the answer was waited for.
        after: Duration,
    },
    /// The worker, or the port that it forwarded the request to, died, and the request is not to be given to another one (any more). It may have been
    /// carried out.
    #[error("worker {worker} died before it answered: {reason}")]
    Lost {
        /// The worker.
        worker: PortId,
        /// Why it died.
        reason: Reason,
    },
    /// The worker does not understand the request, or it cannot be sent.
    #[error("worker {worker} does not answer: {text}")]
    Refused {
        /// The worker.
        worker: PortId,
        /// What is wrong with the request.
        text: String,
    },
    /// The worker failed the request, and lives: [`Reply::fail`](crate::Reply::fail).
    #[error("worker {worker} failed the request: {reason}")]
    Failed {
        /// The worker.
        worker: PortId,
        /// Why there is no answer.
        reason: Reason,
    },
    /// The worker dropped its [`Reply`](crate::Reply) without an answer, and lives.
    #[error("worker {worker} dropped the request without an answer")]
    Dropped {
        /// The worker.
        worker: PortId,
    },
    /// The answer has another type than expected.
    #[error("the answer is not what was expected: {text}")]
    BadAnswer {
        /// What was expected and what came.
        text: String,
    },
    /// The pool has ended.
    #[error("the pool has ended")]
    Ended,
}

impl PoolError {
    /// What became of a request that `worker` was given.
    pub(super) fn of(worker: PortId, error: CallError) -> Self {
        match error {
            CallError::Timeout { after, .. } => Self::Timeout { after },
            CallError::Died { target, reason } => Self::Lost { worker: target, reason },
            CallError::Failed { reason, .. } => Self::Failed { worker, reason },
            CallError::Dropped { .. } => Self::Dropped { worker },
            CallError::BadAnswer { text, .. } => Self::BadAnswer { text },
            CallError::Refused { text, .. } => Self::Refused { worker, text },
            error @ (CallError::Itself { .. }
            | CallError::NotLocal { .. }
            | CallError::NoMember { .. }) => Self::Refused { worker, text: error.to_string() },
        }
    }
}
