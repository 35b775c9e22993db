//! What a node knows of the others, and how quick they answer.

use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::sim::{self, Network};
use aemp_actor::{NodeEvent, PeerState, PingError};

async fn pair(network: &Network) -> (Node, Node) {
    let a = Node::configure(network.config("a")).await.unwrap();
    let b = Node::configure(network.config("b").seed("mem:a").node("c", "mem:c")).await.unwrap();
    b.wait_up("a").await;
    a.wait_up("b").await;
    (a, b)
}

#[test]
fn a_peer_in_full() {
    sim::run(1, |network| async move {
        let (a, b) = pair(&network).await;
        let port = a.port_fn(|_, _| ());
        b.mon(&port, |_| ());
        b.snd(&port, ("hi",));
        b.ping("a", Duration::from_secs(5)).await.unwrap();
        let info = b.peer("a").unwrap();
        assert_eq!((info.node.as_str(), info.state), ("a", PeerState::Up));
        assert_eq!(info.addresses, ["mem:a"]);
        assert_eq!((info.queued_bytes, info.queued_packets, info.lost), (0, 0, 0));
        // One of them is the mesh's.
        assert_eq!(info.monitors, 2);
        let connection = info.connection.as_ref().unwrap();
        assert!(connection.dialled);
        assert_eq!(connection.address.as_deref(), Some("mem:a"));
        assert_eq!(
            (&*connection.transport, &*connection.reads, &*connection.writes),
            ("mem", "bincode", "bincode")
        );
        assert_eq!((&*connection.auth, &connection.encryption), ("hmac_sha3_512", &None));
        assert!(connection.instance.is_some() && connection.provider.is_some());
        assert!(connection.traffic.packets_out >= 4 && connection.traffic.bytes_in > 0);
        let other = a.peer("b").unwrap();
        assert_eq!(other.monitored, 2);
        assert!(!other.connection.unwrap().dialled);
        let text = serde_json::to_string(&info).unwrap();
        assert!(text.contains("\"state\":\"up\""), "{text}");
        assert_eq!(serde_json::from_str::<aemp_actor::PeerInfo>(&text).unwrap(), info);
    });
}

#[test]
fn peers_that_are_not_connected() {
    sim::run(2, |network| async move {
        let (a, b) = pair(&network).await;
        let known: Vec<_> =
            b.peers().into_iter().map(|peer| (peer.node.to_string(), peer.state)).collect();
        assert_eq!(known, [("a".into(), PeerState::Up), ("c".into(), PeerState::Known)]);
        assert_eq!((b.peer("nobody"), b.peer(&b)), (None, None));
        b.snd(PortId::from("c#port"), ("waits",));
        let c = b.peer("c").unwrap();
        assert_eq!((c.state, c.queued_packets, c.connection), (PeerState::Connecting, 1, None));
        assert!(c.queued_bytes > 0);
        let error = b.ping("c", Duration::from_secs(1)).await.unwrap_err();
        assert_eq!(error.to_string(), "node c is not connected");
        assert_eq!(b.ping(&b, Duration::ZERO).await, Ok(Duration::ZERO));
        let mut events = b.node_events();
        drop(a);
        assert!(!events.next().await.unwrap().is_up());
        let (lost, reason) = (b.peer("a").unwrap(), b.peer("c").unwrap());
        assert_eq!((lost.connection, lost.round_trip), (None, None));
        assert_eq!(reason.state, PeerState::Connecting);
    });
}

#[test]
fn round_trips_follow_the_network() {
    sim::run(3, |network| async move {
        let (a, b) = pair(&network).await;
        for (from, to) in [("a", "b"), ("b", "a")] {
            network.latency(from, to, Duration::from_millis(40)..=Duration::from_millis(40));
        }
        let took = a.ping("b", Duration::from_secs(5)).await.unwrap();
        assert!(took >= Duration::from_millis(80) && took < Duration::from_millis(120), "{took:?}");
        assert_eq!(a.peer("b").unwrap().round_trip.unwrap().last, took);
        // The heartbeat of an idle connection measures, too.
        tokio::time::sleep(Duration::from_secs(60)).await;
        let measured = b.peer("a").unwrap().round_trip.unwrap();
        assert!(measured.smoothed >= Duration::from_millis(80), "{measured:?}");
        network.partition("a", "b");
        let deadline = Duration::from_secs(1);
        let error = a.ping("b", deadline).await.unwrap_err();
        assert_eq!(error, PingError::Timeout { node: "b".into(), deadline }, "{error}");
        let error = a.ping("b", Duration::from_secs(600)).await.unwrap_err();
        assert_eq!(error, PingError::Lost { node: "b".into() });
    });
}

#[test]
fn events_tell_the_way() {
    sim::run(4, |network| async move {
        let a = Node::configure(network.config("a")).await.unwrap();
        let mut events = a.node_events();
        let _b = Node::configure(network.config("b").seed("mem:a")).await.unwrap();
        let Some(NodeEvent::Up { node, address, transport, .. }) = events.next().await else {
            panic!("no node came up")
        };
        assert_eq!((node.as_str(), transport.as_str()), ("b", "mem"));
        assert!(address.unwrap().starts_with("b:"));
    });
}
