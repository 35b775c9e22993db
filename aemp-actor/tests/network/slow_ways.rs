//! Connections over slow ways, in a simulated network: as long as anything moves they are alive, and
//! as soon as nothing does they are not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::sim::{self, Network};
use aemp_transport::{BoxStream, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SECOND: Duration = Duration::from_secs(1);

type Seen<T> = Arc<Mutex<Vec<T>>>;

/// A port that notes how long the texts are that come.
fn lengths(node: &Node) -> (PortId, Seen<usize>) {
    let seen = Seen::default();
    let inside = seen.clone();
    let port = node.port_fn(move |_, msg| {
        inside.lock().unwrap().push(msg.arg::<String>(0).unwrap().len());
    });
    (port.id(), seen)
}

fn deaths(node: &Node, port: impl Into<PortId>) -> Seen<String> {
    let seen = Seen::default();
    let inside = seen.clone();
    node.mon(port, move |reason: Reason| inside.lock().unwrap().push(reason.text().to_owned()));
    seen
}

fn none(seen: &Seen<String>) {
    assert_eq!(*seen.lock().unwrap(), [""; 0]);
}

async fn start(config: Config, timeout: Duration) -> Node {
    Node::configure(config.monitor_timeout(timeout)).await.unwrap()
}

async fn meet(one: &Node, two: &Node) {
    one.wait_up(two.id()).await;
    two.wait_up(one.id()).await;
}

async fn until(seen: &Seen<usize>, count: usize) {
    let arrived = async {
        while seen.lock().unwrap().len() < count {
            tokio::time::sleep(SECOND / 100).await;
        }
    };
    tokio::time::timeout(1000 * SECOND, arrived).await.expect("they arrive");
}

/// Two nodes, and a way from one to the other that holds much and passes little, as a system with
/// its buffers: the question for a sign of life is behind everything.
#[test]
fn what_is_on_its_way_for_longer_than_the_timeout_is_no_silence() {
    sim::run(1, |network| async move {
        network.window(8 << 20);
        let alpha = start(network.config("alpha"), 30 * SECOND).await;
        let beta = start(network.config("beta").seed("mem:alpha"), 30 * SECOND).await;
        meet(&alpha, &beta).await;
        let (large, seen) = lengths(&beta);
        let died = [deaths(&alpha, &large), deaths(&beta, "alpha")];
        network.throttle("alpha", "beta", Some(60_000));
        let begun = network.elapsed();
        alpha.snd(&large, ("large", "x".repeat(4 << 20)));
        until(&seen, 1).await;
        assert!(network.elapsed() - begun > 60 * SECOND, "it was slow");
        // Many small ones, which end where a read may end.
        for _ in 0..4000 {
            alpha.snd(&large, ("small", "x".repeat(1000)));
        }
        until(&seen, 4001).await;
        assert!(network.elapsed() - begun > 120 * SECOND);
        died.iter().for_each(none);
    });
}

/// The same where nothing moves any more, though much is on its way.
#[test]
fn a_way_on_which_nothing_moves_is_noticed_in_time() {
    sim::run(2, |network| async move {
        network.window(100_000);
        let alpha = start(network.config("alpha"), 30 * SECOND).await;
        let beta = start(network.config("beta").seed("mem:alpha"), 30 * SECOND).await;
        meet(&alpha, &beta).await;
        let (large, _) = lengths(&beta);
        let died = deaths(&alpha, &large);
        network.throttle("alpha", "beta", Some(10_000));
        alpha.snd(&large, ("large", "x".repeat(4 << 20)));
        tokio::time::sleep(60 * SECOND).await;
        none(&died);
        network.partition("alpha", "beta");
        tokio::time::sleep(30 * SECOND + SECOND).await;
        assert_eq!(died.lock().unwrap().len(), 1);
    });
}

/// A node that knows nothing of chunks, and that answers when it has read all that came before.
struct Raw(BoxStream);

impl Raw {
    async fn connect(network: &Network, node: &Node) -> Self {
        let transport = network.transport("raw");
        let mut stream = transport.dial(&"mem:node".parse().unwrap()).await.unwrap();
        let said = "aemp;1;raw;hmac_md6_64_256;json\nx\ncleartext;73696d756c61746564;json\n";
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut lines = 0;
        while lines < 3 {
            lines += usize::from(stream.read_u8().await.unwrap() == b'\n');
        }
        node.wait_up("raw").await;
        Self(stream)
    }

    /// What comes until nothing has come for so long.
    async fn heard(&mut self, pause: Duration) -> String {
        let mut heard = Vec::new();
        while let Ok(read) = tokio::time::timeout(pause, self.0.read_buf(&mut heard)).await {
            assert_ne!(read.unwrap(), 0, "the node closed");
        }
        String::from_utf8(heard).unwrap()
    }
}

#[test]
fn a_peer_without_chunks_that_takes_what_is_sent_is_alive() {
    sim::run(3, |network| async move {
        network.window(1000);
        let node = start(network.config("node"), 4 * SECOND).await;
        let mut raw = Raw::connect(&network, &node).await;
        let died = deaths(&node, "raw");
        network.throttle("node", "raw", Some(1000));
        let port = PortId::from("raw#port");
        node.snd(&port, ("large", "x".repeat(100_000)));
        // It says nothing, and nothing is asked of it that it could have read, for 100 seconds.
        let heard = raw.heard(SECOND / 2).await;
        assert!(heard.contains(&"x".repeat(100_000)));
        none(&died);
        // Now it is silent.
        tokio::time::sleep(4 * SECOND).await;
        assert_eq!(died.lock().unwrap().len(), 1);
    });
}

#[test]
fn a_peer_is_told_that_its_packet_is_coming() {
    sim::run(4, |network| async move {
        let node = start(network.config("node"), 60 * SECOND).await;
        let mut raw = Raw::connect(&network, &node).await;
        let (port, seen) = lengths(&node);
        raw.heard(SECOND / 10).await;
        let packet = format!("[{:?},\"large\",\"{}\"]", port.port(), "x".repeat(40));
        for byte in packet.bytes() {
            raw.0.write_all(&[byte]).await.unwrap();
            tokio::time::sleep(SECOND / 10).await;
        }
        until(&seen, 1).await;
        let keepalives = raw.heard(SECOND).await;
        assert!(keepalives.matches("[]").count() > 10, "{keepalives}");
        // What has come whole is answered by itself, or not at all; and nobody answers keepalives.
        network.chop(false);
        raw.0.write_all(b"[\"\",\"devnull\"]").await.unwrap();
        for _ in 0..5 {
            raw.0.write_all(b"[]").await.unwrap();
            assert_eq!(raw.heard(SECOND).await, "");
        }
    });
}

/// Two nodes that nobody can dial, and the hub that both are connected to.
async fn relayed(network: &Network, timeouts: [Duration; 3]) -> [Node; 3] {
    let hub = start(network.config("hub"), timeouts[0]).await;
    let one = network.private_config("one").seed("mem:hub").max_queue(100_000);
    let one = start(one, timeouts[1]).await;
    let two = start(network.private_config("two").seed("mem:hub"), timeouts[2]).await;
    meet(&one, &two).await;
    [hub, one, two]
}

/// About 3 KB a second on either way of the relayed connection.
#[test]
fn relayed_data_that_trickle_are_no_silence() {
    for slow in [("one", "hub"), ("hub", "two")] {
        sim::run(5, |network| async move {
            network.window(500);
            let [_hub, one, two] = relayed(&network, [2 * SECOND; 3]).await;
            let (large, seen) = lengths(&two);
            let died = [deaths(&one, &large), deaths(&two, "one")];
            network.throttle(slow.0, slow.1, Some(1000));
            one.snd(&large, ("large", "x".repeat(60_000)));
            until(&seen, 1).await;
            died.iter().for_each(none);
        });
    }
}

/// The hub has much to say to one end, or passes it on for others.
#[test]
fn signs_of_life_pass_what_waits_in_the_hub() {
    sim::run(6, |network| async move {
        network.window(2000);
        let [hub, one, two] = relayed(&network, [10 * SECOND; 3]).await;
        let (busy, seen) = lengths(&one);
        let died = [deaths(&one, "two"), deaths(&two, "one")];
        network.throttle("hub", "one", Some(2000));
        for _ in 0..100 {
            hub.snd(&busy, ("small", "x".repeat(2000)));
        }
        until(&seen, 100).await;
        hub.snd(&busy, ("large", "x".repeat(100_000)));
        until(&seen, 101).await;
        died.iter().for_each(none);
    });
}

/// Nobody takes the signs of a living hub for those of a far end that is gone.
#[test]
fn a_far_end_that_is_gone_is_missed_though_its_hub_is_busy() {
    sim::run(7, |network| async move {
        network.window(2000);
        let [hub, one, two] = relayed(&network, [600 * SECOND, 8 * SECOND, 600 * SECOND]).await;
        let (busy, seen) = lengths(&one);
        let (gone, _) = lengths(&two);
        let died = deaths(&one, &gone);
        network.throttle("hub", "one", Some(4000));
        network.throttle("one", "hub", Some(4000));
        network.partition("hub", "two");
        for _ in 0..60 {
            hub.snd(&busy, ("small", "x".repeat(1500)));
            // More than the queue for the hub holds: the hub takes it, and nobody else does.
            one.snd(&gone, ("lost", "x".repeat(1500)));
        }
        tokio::time::sleep(8 * SECOND + SECOND / 10).await;
        assert!(seen.lock().unwrap().len() < 60, "the hub is still talking");
        assert_eq!(died.lock().unwrap().len(), 1);
    });
}
