//! What a node has to do with others.
//!
//! A node that is set up to talk to others has it from the beginning. A local one has none: messages for other
//! nodes are lost at once (`Core::unreachable`). Groups, and data connections of the node to itself, need what is
//! here on such a node too: it is made when they are used first, and never connects to anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use aemp_transport::{Address, HandshakeConfig};
use dashmap::DashMap;
use parking_lot::{Mutex, RwLock};

use super::addresses::{AddressBook, MAX_ADDRESS, MAX_ADDRESSES};
use super::config::{Config, Loaded};
use super::connector::{Dials, Refusals, Targets};
use super::core::Core;
use super::data::{DATA_CONN, Data};
use super::mesh::Mesh;
use super::peer::Peer;
use super::relay::Relays;
use crate::id::NodeId;

/// Failed handshakes of one address that are logged at once; then it is one in ten seconds.
const LOGGED_AT_ONCE: u32 = 20;

/// Peers that are kept whatever is known of them. Beyond, they are swept each time when they have doubled, so
/// that a sweep costs each of them the same however many there are.
const SWEEP_AT: usize = 64;

/// The other nodes, how to reach them, and what is done together with them.
pub(crate) struct Network {
    /// For handshakes that begin now.
    handshake: RwLock<Arc<HandshakeConfig>>,
    peers: DashMap<NodeId, Arc<Peer>>,
    /// How many peers there may be before unused ones are forgotten.
    sweep_at: AtomicUsize,
    /// Those that are connected: to look at them costs nothing for all the others that are known.
    connected: Mutex<BTreeMap<NodeId, Arc<Peer>>>,
    book: AddressBook,
    mesh: Mesh,
    relays: Relays,
    dials: Dials,
    targets: Targets,
    data: Data,
    /// Handshakes that failed, and were logged.
    refusals: Mutex<Refusals>,
    listeners: Mutex<Vec<Address>>,
    next_attempt: AtomicU64,
}

impl Network {
    /// Without `security` no connection is ever made.
    pub(super) fn new(id: &NodeId, config: &Config, security: Option<Loaded>) -> Self {
        let mut handshake = HandshakeConfig::new(id.as_str(), "");
        handshake.instance = config.environment.text(16);
        handshake.nonces = config.environment.clone().nonces();
        handshake.framings = config.framings.clone();
        handshake.serves = vec![DATA_CONN.to_owned()];
        if let Some(security) = security {
            security.apply(&mut handshake);
        }
        if let Some(certificates) = &handshake.certificates {
            config.show_certificates(Some(certificates));
        }
        let limits = &config.node_limits;
        Self {
            handshake: RwLock::new(Arc::new(handshake)),
            peers: DashMap::new(),
            sweep_at: AtomicUsize::new(SWEEP_AT),
            connected: Mutex::default(),
            book: AddressBook::default(),
            mesh: Mesh::new(id.clone(), limits.max_registrations),
            relays: Relays::new(limits.max_handshakes, limits.max_handshakes_per_address),
            dials: Dials::default(),
            targets: Targets::default(),
            data: Data::new(limits.max_data_connections),
            refusals: Mutex::new(Refusals::with_burst(LOGGED_AT_ONCE)),
            listeners: Mutex::default(),
            next_attempt: AtomicU64::new(0),
        }
    }

    pub(crate) fn handshake(&self) -> Arc<HandshakeConfig> {
        self.handshake.read().clone()
    }

    /// Other secrets, certificates and policies, for handshakes that begin from now on.
    pub(super) fn set_security(&self, config: &Config, security: Loaded) {
        let mut handshake = (*self.handshake()).clone();
        security.apply(&mut handshake);
        config.show_certificates(handshake.certificates.as_deref());
        *self.handshake.write() = Arc::new(handshake);
    }

    /// Where the other nodes can be dialled.
    pub(crate) fn book(&self) -> &AddressBook {
        &self.book
    }

    pub(crate) fn mesh(&self) -> &Mesh {
        &self.mesh
    }

    pub(crate) fn relays(&self) -> &Relays {
        &self.relays
    }

    pub(crate) fn dials(&self) -> &Dials {
        &self.dials
    }

    pub(crate) fn targets(&self) -> &Targets {
        &self.targets
    }

    pub(crate) fn data(&self) -> &Data {
        &self.data
    }

    pub(super) fn refusals(&self) -> &Mutex<Refusals> {
        &self.refusals
    }

    pub(super) fn add_listeners(&self, addresses: Vec<Address>) {
        self.listeners.lock().extend(addresses);
    }

    /// Whether others may dial this node.
    pub(crate) fn has_listeners(&self) -> bool {
        !self.listeners.lock().is_empty()
    }

    /// A number for a connection.
    pub(crate) fn new_attempt(&self) -> u64 {
        self.next_attempt.fetch_add(1, Ordering::Relaxed)
    }

    fn peer(&self, core: &Arc<Core>, id: &NodeId) -> Arc<Peer> {
        if let Some(peer) = self.peers.get(id) {
            return peer.clone();
        }
        self.sweep();
        let fresh = || Peer::new(id.clone(), Arc::downgrade(core));
        self.peers.entry(id.clone()).or_insert_with(fresh).clone()
    }

    /// Forgets nodes of which nothing is known, when there are many: anybody can claim to be any
    /// node in a greeting. Nobody holds a peer that is forgotten: the table has the only
    /// reference, and gives no other while it looks.
    fn sweep(&self) {
        let count = self.peers.len();
        if count < self.sweep_at.load(Ordering::Relaxed) {
            return;
        }
        self.peers.retain(|_, peer| Arc::strong_count(peer) > 1 || !peer.is_unused());
        self.sweep_at.store((2 * self.peers.len()).max(SWEEP_AT), Ordering::Relaxed);
    }

    /// Gives back a peer whose handshake has ended. It is forgotten if nothing is known or
    /// wanted of it: strangers leave no trace.
    pub(crate) fn forget_stranger(&self, peer: Arc<Peer>) {
        let id = peer.id().clone();
        drop(peer);
        if self.book.knows(&id) {
            return;
        }
        // Whoever begins to use a peer takes it out of the table, which is locked here: when there
        // is no other handle, nobody does, nor holds its lock. Of several who give it back the
        // last one sees that.
        self.peers.remove_if(&id, |_, peer| Arc::strong_count(peer) == 1 && peer.is_unused());
    }

    /// A peer is connected.
    pub(super) fn add_connected(&self, peer: &Arc<Peer>) {
        self.connected.lock().insert(peer.id().clone(), peer.clone());
    }

    /// A peer is not connected any more.
    pub(super) fn remove_connected(&self, id: &NodeId) {
        let peer = self.connected.lock().remove(id);
        drop(peer);
    }

    /// The nodes that are connected, by ID.
    pub(crate) fn connected(&self) -> Vec<Arc<Peer>> {
        let mut connected: Vec<_> = self.connected.lock().values().cloned().collect();
        // One whose connection is just being lost is still in the table.
        connected.retain(|peer| peer.is_up());
        connected
    }

    /// The node is shut down, and its connections were told to end.
    pub(super) fn end(&self) {
        self.mesh.end();
        self.data.close();
    }
}

/// What is asked of the network of a node, which may have none.
impl Core {
    /// The network; one that no other node is part of if this is a local node, and made when it has none yet.
    pub(crate) fn network(&self) -> &Network {
        self.network.get_or_init(|| Network::new(self.id(), self.config(), None))
    }

    /// The other node of this ID; made when it was not heard of before.
    pub(crate) fn peer(self: &Arc<Self>, id: &NodeId) -> Arc<Peer> {
        self.network().peer(self, id)
    }

    pub(crate) fn known_peer(&self, id: &NodeId) -> Option<Arc<Peer>> {
        self.network.get()?.peers.get(id).map(|peer| peer.clone())
    }

    /// The other nodes, by ID.
    pub(crate) fn peers(&self) -> Vec<Arc<Peer>> {
        let peers = self.network.get().into_iter().flat_map(|network| network.peers.iter());
        let mut peers: Vec<_> = peers.map(|entry| entry.value().clone()).collect();
        peers.sort_by(|a, b| a.id().cmp(b.id()));
        peers
    }

    /// The other nodes that are connected, are being connected to, or can be dialled, sorted.
    pub(crate) fn known_nodes(&self) -> Vec<NodeId> {
        let peers = self.peers();
        let used = peers.iter().filter(|peer| peer.is_up() || peer.is_connecting());
        let mut known: BTreeSet<NodeId> = used.map(|peer| peer.id().clone()).collect();
        known.extend(self.network.get().into_iter().flat_map(|network| network.book.nodes()));
        known.remove(self.id());
        known.into_iter().collect()
    }

    /// The other nodes that are connected, sorted.
    pub(crate) fn up_nodes(&self) -> Vec<NodeId> {
        let connected = self.network.get().map_or_else(Vec::new, Network::connected);
        connected.iter().map(|peer| peer.id().clone()).collect()
    }

    /// Where the node can be dialled, in the order to try.
    pub(crate) fn addresses(&self, node: &NodeId) -> Vec<Address> {
        let mut known = self.network.get().map_or_else(Vec::new, |network| network.book.of(node));
        self.config().sort_by_preference(&mut known);
        known
    }

    /// The addresses of a node that can be dialled, of those that were told; what this node has no
    /// transport for is left out.
    pub(crate) fn dialable(&self, node: &NodeId, texts: &[String]) -> Vec<Address> {
        let mut addresses = Vec::new();
        for text in texts.iter().filter(|text| text.len() <= MAX_ADDRESS).take(MAX_ADDRESSES) {
            match text.parse() {
                Ok(address) if self.config().transport_for(&address).is_some() => {
                    addresses.push(address);
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(target: "aemp", "address of node {node}: {error}"),
            }
        }
        addresses
    }

    /// Where this node listens.
    pub(crate) fn listeners(&self) -> Vec<Address> {
        self.network.get().map_or_else(Vec::new, |network| network.listeners.lock().clone())
    }
}
