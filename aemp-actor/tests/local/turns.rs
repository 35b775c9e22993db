//! Busy ports give other tasks their turn, and end when they are told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::support::{death, until};
use aemp_actor::prelude::*;
use aemp_actor::{PortOptions, PortRef};

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
        // Ports are ended in the order of their names: this one comes last, long after the deadline.
        let _others: Vec<_> = (0..20_000).map(|_| node.port(Busy::default())).collect();
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
        until("all that waited to be counted", || node.dropped().dead_port == 1000).await;
    }
}

/// The same for a block that receives.
#[tokio::test]
async fn a_block_gives_others_their_turn() {
    let node = Node::local();
    let handled = Arc::new(AtomicU64::new(0));
    let inside = handled.clone();
    let port = node.port_async(move |mut me| async move {
        loop {
            me.recv().await?;
            inside.fetch_add(1, Ordering::SeqCst);
        }
    });
    const COUNT: u64 = 20_000;
    for _ in 0..COUNT {
        node.snd(&port, ("work",));
    }
    let mut before = 0;
    while before < COUNT {
        tokio::task::yield_now().await;
        let now = handled.load(Ordering::SeqCst);
        assert!(now - before <= 128, "{} messages in one turn", now - before);
        before = now;
    }
}

/// One that sends itself the next message keeps nobody from killing it.
#[tokio::test]
async fn a_block_that_never_waits_can_be_aborted() {
    for forced in [false, true] {
        let node = Node::local();
        let port = node.port_async(|mut me| async move {
            loop {
                me.recv().await?;
                me.snd(me.id(), ("more",));
            }
        });
        node.snd(&port, ("more",));
        tokio::task::yield_now().await;
        let end = death(&node, &port);
        if forced {
            node.kil_now(&port, ("now", ""));
        } else {
            node.shutdown(Duration::MAX).await;
        }
        let expected = if forced { "now" } else { "shutdown" };
        assert_eq!(end.reason().await.kind(), expected);
    }
}

/// What has arrived before is not received any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_receives_nothing_after_an_abort() {
    let node = Node::local();
    let handled = Arc::new(AtomicU64::new(0));
    let inside = handled.clone();
    let (begun, begins) = std::sync::mpsc::channel();
    let (go, goes) = std::sync::mpsc::channel::<()>();
    let goes = std::sync::Mutex::new(goes);
    let port = node.port_async(move |mut me| async move {
        me.get::<()>("meet").await?;
        begun.send(())?;
        let _ = goes.lock().unwrap().recv();
        loop {
            me.recv().await?;
            inside.fetch_add(1, Ordering::SeqCst);
        }
    });
    for _ in 0..1000 {
        node.snd(&port, ("work",));
    }
    node.snd(&port, ("meet",));
    begins.recv().unwrap();
    let end = death(&node, &port);
    node.kil_now(&port, ("now", ""));
    go.send(()).unwrap();
    assert_eq!(end.reason().await.kind(), "now");
    assert_eq!(handled.load(Ordering::SeqCst), 0);
    assert_eq!(node.dropped().dead_port, 1000);
}

/// A node can be shut down again, and each time waits no longer than it is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_shutdown_keeps_its_deadline() {
    let node = Node::local();
    let port = node.port(Busy::default());
    let (begun, begins) = std::sync::mpsc::channel();
    let (go, goes) = std::sync::mpsc::channel();
    port.meet(begun, goes).unwrap();
    begins.recv().unwrap();
    let end = death(&node, &port);
    for _ in 0..3 {
        node.shutdown(Duration::from_millis(10)).await;
        assert_eq!(node.port_count(), 1);
    }
    go.send(()).unwrap();
    assert_eq!(end.reason().await.kind(), "shutdown");
}
