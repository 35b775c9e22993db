//! Keeps connected to seeds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aemp_transport::Address;

use super::seeds::{Kind, SeedError, SeedInfo};
use crate::id::NodeId;
use crate::node::{Backoff, Core, DIAL_LIMIT, DialError, dial};

/// Keeps trying to be connected to every node that the seed's address leads to, for as long as
/// this node lives.
///
/// A host name is resolved anew each time, and all of its addresses are seeds; host `*` is this machine,
/// where a node on any address will do. This node's own
/// address is noticed and left out. The pauses grow while nothing changes, to `connect_interval`
/// while no seed is up, and to that times the number of connected nodes otherwise, as in the
/// reference, so that a large mesh is not searched for seeds all the time.
pub(crate) fn keep(core: &Arc<Core>, seed: Address) {
    let own = core.clone();
    core.run(async move {
        let mut search = Search {
            seed,
            own: BTreeSet::new(),
            is_only_self: false,
            nodes: BTreeMap::new(),
            turned_away: 0,
            logged: BTreeMap::new(),
        };
        let mut backoff = Backoff::new(own.config().connect_interval);
        loop {
            let found = search.round(&own).await;
            let up = found.nodes.clone();
            own.network().mesh().tried(&own, found);
            if search.is_only_self && search.own.contains(&search.seed) {
                tracing::debug!(target: "aemp", "seed {} is this node itself", search.seed);
                return;
            }
            if up.is_empty() {
                tokio::time::sleep(backoff.next(own.environment())).await;
                continue;
            }
            backoff = Backoff::new(own.config().connect_interval);
            let connected = u32::try_from(own.up_nodes().len().max(1)).unwrap_or(u32::MAX);
            let pause = own.config().connect_interval.saturating_mul(connected);
            let down = async {
                for node in &up {
                    own.peer(node).until(|peer| !peer.is_up()).await;
                }
            };
            drop(
                tokio::time::timeout(pause.mul_f64(1.0 - own.environment().fraction() / 2.0), down)
                    .await,
            );
            tokio::time::sleep(backoff.next(own.environment())).await;
        }
    });
}

struct Search {
    seed: Address,
    /// Addresses that turned out to be this node's own.
    own: BTreeSet<Address>,
    /// The latest round found this node itself and nothing else.
    is_only_self: bool,
    /// Which node was found where.
    nodes: BTreeMap<Address, NodeId>,
    /// How often in turn a node that was connected has closed on our greeting.
    turned_away: u32,
    /// The problem with each address that was logged last: the same is not logged again and again.
    logged: BTreeMap<Address, SeedError>,
}

/// Why nothing was found at an address.
struct Problem {
    address: Address,
    error: SeedError,
}

impl Search {
    /// Tries all addresses once; gives what was found.
    async fn round(&mut self, core: &Arc<Core>) -> SeedInfo {
        let mut problems = Vec::new();
        let up = match self.addresses(core).await {
            Ok(addresses) => self.try_all(core, &addresses, &mut problems).await,
            Err(error) => {
                let text = format!("cannot resolve {}: {error}", self.seed);
                let error = SeedError { text, kind: Kind::Passing };
                problems.push(Problem { address: self.seed.clone(), error });
                Vec::new()
            }
        };
        // What somebody has to mend is told first, and last that nobody listens.
        problems.sort_by_key(|problem| problem.error.kind);
        let found = self.is_only_self || !up.is_empty();
        let error = problems.first().filter(|_| !found).map(|problem| problem.error.clone());
        if self.seed.is_any_host() {
            // Whoever listens on this machine need not do so on all of its addresses.
            problems.truncate(usize::from(!found));
        }
        problems.into_iter().for_each(|problem| self.log(problem));
        SeedInfo { address: self.seed.clone(), nodes: up, is_self: self.is_only_self, error }
    }

    async fn addresses(&self, core: &Core) -> std::io::Result<Vec<Address>> {
        match core.config().transport_for(&self.seed) {
            Some(transport) => transport.resolve(&self.seed).await,
            None => Ok(Vec::new()),
        }
    }

    /// Gives the nodes that are up.
    async fn try_all(
        &mut self,
        core: &Arc<Core>,
        addresses: &[Address],
        problems: &mut Vec<Problem>,
    ) -> Vec<NodeId> {
        self.nodes.retain(|address, _| addresses.contains(address));
        // An address may have been given to another host since.
        self.own.retain(|address| addresses.contains(address));
        for address in addresses {
            let node = self.nodes.get(address).map(|node| core.peer(node));
            let up = node.is_some_and(|peer| peer.is_up() && !peer.is_relayed());
            if up || self.own.contains(address) {
                continue;
            }
            match self.try_one(core, address.clone()).await {
                Ok(()) => drop(self.logged.remove(address)),
                Err(error) => problems.push(Problem { address: address.clone(), error }),
            }
        }
        let up = self.nodes.values().filter(|node| core.peer(node).is_up());
        let up: Vec<NodeId> = up.cloned().collect::<BTreeSet<_>>().into_iter().collect();
        self.is_only_self = match self.seed.is_any_host() {
            true => !self.own.is_empty() && up.is_empty(),
            false => !addresses.is_empty() && addresses.iter().all(|at| self.own.contains(at)),
        };
        up
    }

    async fn try_one(&mut self, core: &Arc<Core>, address: Address) -> Result<(), SeedError> {
        let passing = |text| SeedError { text, kind: Kind::Passing };
        let dialled = match tokio::time::timeout(DIAL_LIMIT, dial(core, &address)).await {
            Ok(dialled) => dialled,
            Err(_) => return Err(passing(format!("no answer from {address}"))),
        };
        let node = match dialled {
            Ok(peer) => peer.id().clone(),
            Err(DialError::Refused { node, .. }) => {
                // It can be dialled (again): the two need a direct connection, or they could not be the
                // hub of others for each other.
                core.peer(&node).end_relayed("the node can be dialled again");
                node
            }
            Err(error) if error.is_self() => {
                if !listens_on_port_of(core, &address) {
                    tracing::warn!(
                        target: "aemp",
                        "seed: {address} has the node ID of this node, {}; if that is another \
                         process, one of the two needs another nodeid",
                        core.id()
                    );
                }
                self.own.insert(address);
                return Ok(());
            }
            Err(error) if error.is_turned_away() && self.nodes.contains_key(&address) => {
                self.turned_away = self.turned_away.saturating_add(1);
                if self.turned_away == 1 {
                    return Ok(());
                }
                let text = format!(
                    "{address} was connected, and closes the connection now when it hears the \
                     node ID of this node, {}: another process with this node ID may be in the \
                     network, see the log there",
                    core.id()
                );
                return Err(passing(text));
            }
            Err(error) => {
                self.turned_away = 0;
                let kind = match &error {
                    error if error.is_permanent() => Kind::Permanent,
                    error if error.is_refusal() => Kind::Refused,
                    _ => Kind::Passing,
                };
                return Err(SeedError { text: error.to_string(), kind });
            }
        };
        self.turned_away = 0;
        core.network().mesh().is_seed(core, &node);
        self.nodes.insert(address, node);
        Ok(())
    }

    fn log(&mut self, Problem { address, error }: Problem) {
        if self.logged.get(&address) != Some(&error) {
            tracing::warn!(target: "aemp", "seed: {error}; trying again");
            self.logged.insert(address, error);
        }
    }
}

/// Whether this node may be what is found at the address: one that listens nowhere on that port is
/// not, unless somebody forwards it there.
fn listens_on_port_of(core: &Core, address: &Address) -> bool {
    let port = |address: &Address| {
        let text = address.to_string();
        text.rsplit_once(':').map(|(_, port)| port.to_owned())
    };
    let wanted = port(address);
    // An announced address is forwarded.
    let announced = core.config().announce.iter();
    let announced = announced.filter_map(|text| text.parse().ok());
    core.listeners().iter().cloned().chain(announced).any(|own| port(&own) == wanted)
}
