//! Many idle ports that are killed at once: few tasks let them die, and none of them waits for long.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use crate::support::{PATIENCE, death, soon, until};
use aemp_actor::prelude::*;
use tokio::runtime::Builder;

/// How many ports one task lets die.
const BATCH: usize = 128;

#[derive(Port)]
struct Idle {
    dropped: Arc<AtomicUsize>,
    _slow: Option<Slow>,
}

#[rcv]
impl Idle {}

impl Drop for Idle {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

/// Its destructor says that it has begun, and ends when it is let.
struct Slow(mpsc::Sender<()>, mpsc::Receiver<()>);

impl Drop for Slow {
    fn drop(&mut self) {
        self.0.send(()).unwrap();
        self.1.recv_timeout(PATIENCE).unwrap();
    }
}

fn idle(node: &Node, dropped: &Arc<AtomicUsize>, slow: Option<Slow>) -> IdleRef {
    node.port(Idle { dropped: dropped.clone(), _slow: slow })
}

/// A port with a destructor that takes long, and what that says and waits for.
fn slow(
    node: &Node,
    dropped: &Arc<AtomicUsize>,
) -> (IdleRef, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let ((begun, begins), (go, until)) = (mpsc::channel(), mpsc::channel());
    (idle(node, dropped, Some(Slow(begun, until))), begins, go)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destructor_that_takes_long_delays_few() {
    let (node, dropped) = (Node::local(), Arc::default());
    let (port, begins, go) = slow(&node, &dropped);
    let others: Vec<_> = (0..10 * BATCH).map(|_| idle(&node, &dropped, None)).collect();
    node.kil(&port, ());
    others.iter().for_each(|port| node.kil(port, ()));
    begins.recv_timeout(PATIENCE).unwrap();
    let alive = || node.port_count();
    until("those that another task lets die", || alive() <= BATCH).await;
    // Those that are killed from now on do not wait for it.
    let before = alive();
    let late = idle(&node, &dropped, None);
    let end = death(&node, &late);
    node.kil(&late, "enough");
    assert_eq!(end.reason().await.kind(), "enough");
    assert!(alive() <= before);
    go.send(()).unwrap();
    until("all", || alive() == 0 && dropped.load(Ordering::Relaxed) == 10 * BATCH + 2).await;
}

#[tokio::test]
async fn each_dies_of_its_own_reason_and_in_its_turn() {
    let (node, dropped) = (Node::local(), Arc::default());
    let ports: Vec<_> = (0..3 * BATCH).map(|_| idle(&node, &dropped, None)).collect();
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    for (n, port) in ports.iter().enumerate() {
        let told = told.clone();
        node.mon(port, move |reason: Reason| told.lock().unwrap().push((n, reason)));
    }
    for (n, port) in ports.iter().enumerate() {
        node.kil(port, ("number", n));
        node.kil(port, "later");
        // One that is to die can be aborted all the same.
        if n % 3 == 0 {
            node.kil_now(port, ("number", n, "at once"));
        }
    }
    until("all", || told.lock().unwrap().len() == ports.len()).await;
    for (n, (number, reason)) in told.lock().unwrap().iter().enumerate() {
        let expected = if n % 3 == 0 { format!("{n} at once") } else { n.to_string() };
        assert_eq!((*number, reason.kind(), reason.text()), (n, "number", expected));
    }
}

/// They die where the runtime ends.
#[test]
fn of_a_runtime_that_ends() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (node, dropped) = (runtime.block_on(async { Node::local() }), Arc::default());
    let ports: Vec<_> = (0..3 * BATCH).map(|_| idle(&node, &dropped, None)).collect();
    let ends: Vec<_> = ports.iter().map(|port| death(&node, port)).collect();
    ports.iter().for_each(|port| node.kil(port, "enough"));
    drop(runtime);
    assert_eq!((node.port_count(), dropped.load(Ordering::Relaxed)), (0, 3 * BATCH));
    Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        for end in ends {
            assert_eq!(soon("its end", end.reason()).await.kind(), "shutdown");
        }
    });
}
