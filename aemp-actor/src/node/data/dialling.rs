//! Dials another node for a data connection.

use std::sync::Arc;

use aemp_transport::{
    Address, EstablishError, Established, HandshakeConfig, SubProtocol, establish,
};

use super::wire::{DATA_CONN, ID_KEY};
use crate::id::NodeId;
use crate::node::{Core, DialError};

/// Makes a data connection of this ID to a listener of `node`.
///
/// # Cancel safety
/// Dropping it abandons the attempt.
pub(super) async fn dial(
    core: &Arc<Core>,
    address: &Address,
    node: &NodeId,
    id: &str,
) -> Result<Established, DialError> {
    let address = address.clone();
    let Some(transport) = core.config().transport_for(&address) else {
        return Err(DialError::NoTransport { address });
    };
    let stream = match transport.dial(&address).await {
        Ok(stream) => stream,
        Err(error) => return Err(DialError::Io { address, error }),
    };
    let mut config = HandshakeConfig::clone(&core.network().handshake());
    let keys = vec![(ID_KEY.to_owned(), id.to_owned())];
    config.ask = Some(SubProtocol { name: DATA_CONN.to_owned(), keys });
    let limit = core.config().monitor_timeout;
    let admit = |greeting: &aemp_transport::PeerGreeting| node == greeting.node_id.as_str();
    match establish(stream, config.into(), limit, admit).await {
        Ok(established) => Ok(established),
        Err(EstablishError::NotAdmitted { node_id }) => {
            Err(DialError::OtherNode { address, node: node_id })
        }
        Err(error) => Err(DialError::Handshake { address, error }),
    }
}
