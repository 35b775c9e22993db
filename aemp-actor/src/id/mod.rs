//! Who is spoken to: node IDs and port IDs, plain data that parses, prints, compares and hashes.
//!
//! Nothing here knows a node: an ID is a name, not a connection.

mod node_id;
mod port_id;

pub use node_id::{NodeId, ParseNodeIdError};
pub use port_id::PortId;
pub(crate) use port_id::{PortName, REPLY_END};
