//! Dials a node through a hub.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;

use aemp_transport::{Address, BoxStream};

use super::connection::{Connection, Key, Sent, Way};
use super::stream::RelayStream;
use crate::id::NodeId;
use crate::node::Core;

/// Packets and digits that name a connection: 95 random bits.
const NAME: usize = 16;

/// Opens a relayed connection to the node of an address `relay:HUB>NODE`.
///
/// # Errors
/// The hub is not connected, or only by a relayed connection itself; `ConnectionRefused` when the
/// other side, or a hub of ours in its name, says no. Nobody may answer: the caller limits the time.
///
/// # Cancel safety
/// Dropping it gives the connection up, and tells the other side.
pub(crate) async fn dial(core: &Arc<Core>, address: &Address) -> io::Result<BoxStream> {
    let no_address = || io::Error::new(io::ErrorKind::InvalidInput, "no relayed address");
    let (hub, node) = address.hub_and_node().ok_or_else(no_address)?;
    let (hub, node) = (NodeId::from(hub), NodeId::from(node));
    let direct = core.known_peer(&hub).and_then(|peer| peer.direct_link());
    let Some((attempt, link)) = direct else {
        let text = format!("the hub {hub} is not connected");
        return Err(io::Error::new(io::ErrorKind::NotConnected, text));
    };
    let way = Way::new(attempt, link, core.config());
    let key = Key { hub, node, name: core.environment().text(NAME).into() };
    let connection = Connection::dialled(core.id(), key, way);
    let Some(held) = core.network().relays().add(connection) else {
        return Err(io::ErrorKind::AlreadyExists.into());
    };
    let connection = held.connection();
    loop {
        match connection.open() {
            Sent::Done => break,
            Sent::NoRoom(bytes) => connection.way().link.room(bytes).await,
            Sent::Lost => return Err(connection.lost()),
        }
    }
    poll_fn(|cx| connection.poll_accepted(cx)).await?;
    Ok(Box::new(RelayStream::new(held)))
}
