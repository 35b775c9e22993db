//! Why a node was not looked into.

use std::time::Duration;

use crate::id::NodeId;
use crate::reason::Reason;

/// Why a question about a node has no answer.
#[derive(Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IntrospectError {
    /// The node is there, and does not answer this.
    #[error(
        "node {node} does not answer {function}: it has no such function (nodes of AnyEvent::MP \
         have none), or this node may not call it (functions in its Config::access)"
    )]
    Unanswered {
        /// The node that was asked.
        node: NodeId,
        /// What it was asked.
        function: &'static str,
    },
    /// Nothing came in time, not even an echo.
    #[error("no answer from node {node} to {function} within {after:?}")]
    Timeout {
        /// The node that was asked.
        node: NodeId,
        /// What it was asked.
        function: &'static str,
        /// How long the answer was waited for.
        after: Duration,
    },
    /// There is no connection to the node, or it was lost.
    #[error("node {node}: {reason}")]
    Down {
        /// The node that was asked.
        node: NodeId,
        /// Why.
        reason: Reason,
    },
    /// The node answers, but not what was asked.
    #[error("{function} of node {node}: {text}")]
    Refused {
        /// The node that was asked.
        node: NodeId,
        /// What it was asked.
        function: &'static str,
        /// What it says.
        text: String,
    },
    /// The node speaks other versions of the protocol.
    #[error("{function} of node {node}: {text}")]
    Version {
        /// The node that was asked.
        node: NodeId,
        /// What it was asked.
        function: &'static str,
        /// What it says.
        text: String,
        /// The versions that it knows.
        known: Vec<i64>,
    },
    /// The answer is none.
    #[error("{function} of node {node} answers what is not understood: {text}")]
    BadAnswer {
        /// The node that was asked.
        node: NodeId,
        /// What it was asked.
        function: &'static str,
        /// What was expected and what came.
        text: String,
    },
}
