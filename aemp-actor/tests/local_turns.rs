//! Busy ports give other tasks their turn, and end when they are told to.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{PortOptions, PortRef};
use support::death;

#[derive(Default, Port)]
struct Busy {
    handled: Arc<AtomicU64>,
}

#[rcv]
impl Busy {
    fn work(&mut self) {
        self.handled.fetch_add(1, Ordering::SeqCst);
    }
    /// What it waits for is there already.
    async fn work_async(&mut self) {
        std::future::ready(()).await;
        self.handled.fetch_add(1, Ordering::SeqCst);
    }
    #[rcv(local)]
    fn meet(&mut self, begun: std::sync::mpsc::Sender<()>, go: std::sync::mpsc::Receiver<()>) {
        begun.send(()).unwrap();
        go.recv().unwrap();
    }
}

/// A task of tokio's has its turn after 128 messages of a channel.
#[tokio::test]
async fn others_have_their_turn_after_128_messages() {
    for bound in [1_000_000, 100_000, 1023] {
        for asynchronous in [false, true] {
            let node = Node::local();
            let handled = Arc::new(AtomicU64::new(0));
            let options = PortOptions::new().max_messages(bound);
            let port = node.port_with(Busy { handled: handled.clone() }, options);
            let count = bound.min(20_000) as u64;
            for _ in 0..count {
                if asynchronous { port.work_async() } else { port.work() }
            }
            let mut before = 0;
            while before < count {
                tokio::task::yield_now().await;
                let now = handled.load(Ordering::SeqCst);
                assert!(now - before <= 128, "{} messages in one turn", now - before);
                before = now;
            }
        }
    }
}

/// The handler that runs is completed; nothing that waits is handled any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_handled_after_an_abort() {
    for forced in [false, true] {
        let node = Node::local();
        let handled = Arc::new(AtomicU64::new(0));
        let port = node.port(Busy { handled: handled.clone() });
        let (begun, begins) = std::sync::mpsc::channel();
        let (go, goes) = std::sync::mpsc::channel();
        port.meet(begun, goes).unwrap();
        for _ in 0..1000 {
            port.work();
        }
        let end = death(&node, &port);
        begins.recv().unwrap();
        if forced {
            port.kil_now(("now", ""));
        } else {
            node.shutdown(Duration::ZERO).await;
        }
        go.send(()).unwrap();
        let expected = if forced { "now" } else { "shutdown" };
        assert_eq!(end.reason().await.kind(), expected);
        assert_eq!(handled.load(Ordering::SeqCst), 0);
        assert_eq!(node.dropped().dead_port, 1000);
    }
}
