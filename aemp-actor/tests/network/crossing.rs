//! Guarantee 8 on a simulated network: two nodes that dial each other at the same moment settle
//! on one connection, and nobody notices; a restarted node is another one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::sim::{self, Crash, Network};

type Seen<T> = Arc<Mutex<Vec<T>>>;

/// A node with a port that collects numbers, and the monitors that fired on it.
struct Side {
    node: Node,
    port: PortId,
    got: Seen<u32>,
    fired: Seen<String>,
}

impl Side {
    async fn start(network: &Network, host: &str, other: &str, seeded: bool) -> Self {
        let address = format!("mem:{other}");
        let config = network.config(host).node(other, &address);
        let config = if seeded { config.seed(address) } else { config };
        let node = Node::configure(config).await.unwrap();
        let got = Seen::default();
        let inside = got.clone();
        let port = node.port_fn(move |_, msg| inside.lock().unwrap().push(msg.arg(0).unwrap()));
        Self { node, port: port.id(), got, fired: Seen::default() }
    }

    /// Monitors a port and sends it numbers: what makes a node dial.
    fn talk(&self, to: &PortId, numbers: std::ops::Range<u32>) {
        let fired = self.fired.clone();
        self.node.mon(to, move |reason: Reason| fired.lock().unwrap().push(reason.to_string()));
        for number in numbers {
            self.node.snd(to, ("n", number));
        }
    }

    fn assert_undisturbed(&self, seed: u64, count: u32) {
        assert_eq!(*self.fired.lock().unwrap(), [""; 0], "seed {seed}: no monitor fires");
        let got = self.got.lock().unwrap();
        assert_eq!(*got, (0..count).collect::<Vec<_>>(), "seed {seed}: all arrives, in order");
    }
}

#[test]
fn a_thousand_crossing_dials_make_a_thousand_connections() {
    let crossed = (0..1000).filter(|seed| crossing_dials(*seed)).count();
    assert!(crossed > 500, "only {crossed} dials crossed");
}

/// Whether there was more than one dial.
fn crossing_dials(seed: u64) -> bool {
    sim::run(seed, |network| async move {
        let mut random = network.random("test");
        let longest = Duration::from_millis([1, 5, 50][random.below(3)]);
        network.latency_everywhere(Duration::ZERO..=longest);
        let seeded = random.percent(30);
        let alpha = Side::start(&network, "alpha", "beta", seeded).await;
        let beta = Side::start(&network, "beta", "alpha", seeded).await;
        alpha.talk(&beta.port, 0..3);
        // At the same moment, or while a dial or a handshake is on its way.
        tokio::time::sleep(random.duration(&(Duration::ZERO..=3 * longest))).await;
        beta.talk(&alpha.port, 0..3);
        tokio::time::sleep(Duration::from_secs(1)).await;
        alpha.talk(&beta.port, 3..6);
        beta.talk(&alpha.port, 3..6);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(network.connections("alpha", "beta"), 1, "seed {seed}");
        alpha.assert_undisturbed(seed, 6);
        beta.assert_undisturbed(seed, 6);
        network.connected() > 1
    })
}

#[test]
fn a_restarted_node_is_another_one() {
    for seed in 0..100 {
        sim::run(seed, |network| async move {
            let crash = if seed % 2 == 0 { Crash::Process } else { Crash::Machine };
            let alpha = Side::start(&network, "alpha", "beta", false).await;
            let old = Side::start(&network, "beta", "alpha", true).await;
            alpha.talk(&old.port, 0..3);
            tokio::time::sleep(Duration::from_secs(1)).await;
            network.crash("beta", crash);
            drop(old.node);
            let new = Side::start(&network, "beta", "alpha", true).await;
            assert_ne!(new.port, old.port, "names are never used again");
            tokio::time::sleep(Duration::from_secs(2)).await;
            // The new node dialled: the old connection is dead at once, whatever became of it.
            let kinds: Vec<String> =
                alpha.fired.lock().unwrap().iter().map(|reason| reason[..15].to_owned()).collect();
            assert_eq!(kinds, ["transport_error"], "seed {seed}");
            alpha.node.snd(&old.port, ("n", 9));
            alpha.fired.lock().unwrap().clear();
            alpha.talk(&new.port, 0..3);
            let again = alpha.fired.clone();
            alpha.node.mon(&old.port, move |reason: Reason| {
                again.lock().unwrap().push(reason.kind().to_owned());
            });
            tokio::time::sleep(Duration::from_secs(2)).await;
            assert_eq!(*alpha.fired.lock().unwrap(), ["no_such_port"], "seed {seed}");
            assert_eq!(*new.got.lock().unwrap(), [0, 1, 2], "seed {seed}");
            assert_eq!(network.connections("alpha", "beta"), 1, "seed {seed}");
        });
    }
}
