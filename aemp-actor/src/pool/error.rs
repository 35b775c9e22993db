//! Why a request to a pool has no answer.

use std::time::Duration;

use crate::id::PortId;
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
    /// The deadline passed. The request may have been carried out.
    #[error("no answer within {after:?}")]
    Timeout {
        /// How long the answer was waited for.
        after: Duration,
    },
    /// The worker died, and the request is not to be given to another one (any more). It may have been
    /// carried out.
    #[error("worker {worker} died before it answered: {reason}")]
    Lost {
        /// The worker.
        worker: PortId,
        /// Why it died.
        reason: Reason,
    },
    /// The worker does not understand the request.
    #[error("worker {worker} does not answer: {text}")]
    Refused {
        /// The worker.
        worker: PortId,
        /// What is wrong with the request.
        text: String,
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
