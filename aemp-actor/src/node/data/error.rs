//! [`DataConnError`]: why there is no data connection.

use std::time::Duration;

use crate::id::NodeId;
use crate::reason::Reason;

/// There is no data connection. Nothing of the attempt is left, here or on the other node.
#[derive(Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataConnError {
    /// The other node does not want it: it has no function of that name, or not for such
    /// arguments; or this node has no right to it there; or has too many already.
    #[error("node {node} refuses the data connection: {text}")]
    Refused {
        /// The other node.
        node: NodeId,
        /// Its words.
        text: String,
    },
    /// The other node cannot be reached, or went down meanwhile.
    #[error("no data connection to node {node}: {reason}")]
    NodeLost {
        /// The other node.
        node: NodeId,
        /// Why.
        reason: Reason,
    },
    /// None of the other node's listeners could be dialled, and this node has none that it could
    /// dial.
    #[error(
        "no data connection to node {node}: {problem}; and this node listens nowhere \
         (Config::bind), so that the other one could not dial"
    )]
    Unreachable {
        /// The other node.
        node: NodeId,
        /// What came of the last dial.
        problem: String,
    },
    /// Neither of the two can dial the other.
    #[error(
        "no data connection to node {node}: neither it nor this node listens anywhere: one of the \
         two needs a listener (Config::bind)"
    )]
    NoListeners {
        /// The other node.
        node: NodeId,
    },
    /// It took too long.
    #[error("no data connection to node {node} within {timeout:?}: {doing}")]
    Timeout {
        /// The other node.
        node: NodeId,
        /// The limit.
        timeout: Duration,
        /// What was going on when the time was over.
        doing: String,
    },
    /// This node was shut down.
    #[error("no data connection to node {node}: this node was shut down")]
    ShutDown {
        /// The other node.
        node: NodeId,
    },
}
