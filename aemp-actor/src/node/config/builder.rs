//! Setting them.

use std::time::Duration;

use aemp_transport::{Framing, Limits};
use serde::Serialize;

use super::Config;
use super::service::Service;
use crate::node::Access;
use crate::port::PortOptions;

impl Config {
    /// The defaults: an anonymous node that listens nowhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// The node's ID. `%n` in it becomes the host name, `%u` something random, and so does what is
    /// missing behind a `/` at the end: `anon/` is `anon/RANDOM`, which is also what a node without
    /// any has, unless it takes a [`profile`](Self::profile).
    #[must_use]
    pub fn nodeid(mut self, id: impl Into<String>) -> Self {
        self.nodeid = Some(id.into());
        self
    }

    /// Listen on this address, `HOST:PORT`, or one of another transport, as `quic:HOST:PORT`; port 0
    /// or `*` takes a free one, host `*` all of the machine's addresses. May be given several times.
    #[must_use]
    pub fn bind(mut self, address: impl Into<String>) -> Self {
        self.binds.push(address.into());
        self
    }

    /// Tell other nodes that this one can be dialled at this address, `HOST:PORT` or `quic:HOST:PORT`:
    /// where it cannot at the addresses that it listens on, behind a router or a load balancer that
    /// forwards a port, or in a container. They are told the announced addresses, and those only. May be
    /// given several times; every one needs a host and a port.
    ///
    /// A node that others can dial at none of its addresses needs none of this if some node sees both:
    /// they are connected through that one (see [`relay`](Self::relay)).
    #[must_use]
    pub fn announce(mut self, address: impl Into<String>) -> Self {
        self.announce.push(address.into());
        self
    }

    /// Keep connected to the node at this address, `HOST:PORT` or `quic:HOST:PORT`; host `*` is this
    /// machine, whichever of its addresses the node listens on. May be given several times.
    #[must_use]
    pub fn seed(mut self, address: impl Into<String>) -> Self {
        self.seeds.push(address.into());
        self
    }

    /// Several seeds.
    #[must_use]
    pub fn seeds<S: Into<String>>(mut self, addresses: impl IntoIterator<Item = S>) -> Self {
        self.seeds.extend(addresses.into_iter().map(Into::into));
        self
    }

    /// Where to dial the node of this ID when something is sent to it.
    #[must_use]
    pub fn node(mut self, id: impl Into<String>, address: impl Into<String>) -> Self {
        self.nodes.push((id.into(), address.into()));
        self
    }

    /// How long a silent node counts as alive. Default 30 s, at least 1 s.
    #[must_use]
    pub fn monitor_timeout(mut self, timeout: Duration) -> Self {
        self.monitor_timeout = timeout.max(Duration::from_secs(1));
        self
    }

    /// How long a handshake may take, from when a connection was accepted or dialled until both
    /// sides have proved themselves. Default 10 s, or the monitor timeout if that is less; at least
    /// 100 ms. Some four round trips are needed: more for a line that loses packets.
    #[must_use]
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = Some(timeout.max(Duration::from_millis(100)));
        self
    }

    /// The longest pause between two attempts to reach a node. Default 2 s.
    #[must_use]
    pub fn connect_interval(mut self, interval: Duration) -> Self {
        self.connect_interval = interval;
        self
    }

    /// How long messages wait for a connection to be made before they count as lost and monitors
    /// fire. Default: the monitor timeout.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// The encodings of packets that this node reads and writes, best first; of none, all of them.
    /// Default: all, bincode first, then JSON, then CBOR. What is written to a node is the first in
    /// that node's list that this one has, so the two directions may differ; two nodes that have
    /// none in common refuse each other.
    #[must_use]
    pub fn framings(mut self, framings: impl IntoIterator<Item = Framing>) -> Self {
        self.framings.clear();
        for framing in framings {
            if !self.framings.contains(&framing) {
                self.framings.push(framing);
            }
        }
        if self.framings.is_empty() {
            self.framings = Framing::ALL.to_vec();
        }
        self
    }

    /// Runs this function as soon as the node is set up, before
    /// [`Node::configure`](crate::Node::configure) gives the node: an init function is spawned, with
    /// the arguments, on the node itself; one that was given to [`register`](Self::register) is
    /// called with them. That its port dies or it panics is logged with its name, and harms nothing
    /// else. A name that is neither fails `configure`. May be given several times; they are run in
    /// this order.
    ///
    /// # Panics
    /// When `args` cannot be serialised.
    #[must_use]
    #[track_caller]
    pub fn service(mut self, name: impl Into<String>, args: impl Serialize) -> Self {
        let args = aemp_transport::to_values(&args).expect("the arguments of a service serialise");
        self.services.push(Service::new(name, args));
        self
    }

    /// The largest packet, and the deepest nesting, that is accepted.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Whether this node talks to others through a third: accepts such connections, and makes them to
    /// nodes that it cannot dial and that cannot dial it, since one side does not listen, or is behind NAT
    /// or a firewall. A node that has addresses is dialled there first, for 4 s or a third of the
    /// [`connect_timeout`](Self::connect_timeout), whichever is less; by a node that does not listen
    /// itself only until each address was tried once. Default: yes.
    ///
    /// Passing on what others say to each other is no matter of this setting, but of
    /// [`Rights::relay`](crate::Rights::relay).
    #[must_use]
    pub fn relay(mut self, relay: bool) -> Self {
        self.relay = relay;
        self
    }

    /// What other nodes may ask of this one. Default: everything, except for untrusted nodes,
    /// which may ask nothing.
    #[must_use]
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Whether those who have the right to `aemp::tap` can watch the messages of ports of this
    /// node ([`Node::tap`](crate::Node::tap)). Default: yes.
    #[must_use]
    pub fn taps(mut self, allowed: bool) -> Self {
        self.taps = allowed;
        self
    }

    /// Bounds of mailboxes that have none of their own.
    #[must_use]
    pub fn port_options(mut self, options: PortOptions) -> Self {
        self.port_options = options;
        self
    }
}
