//! What is known of a connection from its beginning.

use std::time::Duration;

use aemp_transport::{Address, Established, Protection};

use crate::node::core::Core;

/// What a connection is made of: what the handshake has found out, which does not change.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// The other side's address: the one that was dialled, or where the connection came from.
    pub(crate) address: Option<String>,
    pub(crate) dialled: bool,
    pub(crate) transport: String,
    /// It goes through a third node.
    pub(crate) is_relayed: bool,
    pub(crate) reads: &'static str,
    pub(crate) writes: &'static str,
    pub(crate) auth: &'static str,
    /// What keeps others from reading along.
    pub(crate) protection: Protection,
    pub(crate) provider: Option<String>,
    pub(crate) instance: Option<String>,
    /// Since 1970.
    pub(crate) since: Duration,
}

impl Facts {
    /// `dialled` is the address that we have dialled; `None` if the other side has dialled us.
    pub(crate) fn of(core: &Core, established: &Established, dialled: Option<&Address>) -> Self {
        let Established { stream, outcome, peer_address, .. } = established;
        Self {
            address: dialled.map(ToString::to_string).or_else(|| peer_address.clone()),
            dialled: dialled.is_some(),
            transport: stream.transport().to_owned(),
            is_relayed: stream.is_relayed(),
            reads: outcome.read_framing.name(),
            writes: outcome.write_framing.name(),
            auth: outcome.auth.name(),
            protection: outcome.protection,
            provider: outcome.peer.provider().map(str::to_owned),
            instance: outcome.peer.instance().map(str::to_owned),
            since: core.environment().time_of_day(),
        }
    }
}
