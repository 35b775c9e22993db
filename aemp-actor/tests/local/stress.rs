//! Many ports, many messages, many threads: no wake-up is lost, and each sender's order is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{FnPortRef, PortRef};
use tokio::sync::{Notify, mpsc, oneshot};

/// Fails in place of hanging.
async fn in_time<T>(future: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(Duration::from_secs(60), future).await;
    waited.expect("nothing hangs")
}

/// Checks that each sender's numbers come in order.
#[derive(Default, Port)]
struct Checker {
    next: Vec<u64>,
    count: u64,
}

#[rcv]
impl Checker {
    fn number(&mut self, sender: usize, n: u64) -> Result<(), Die> {
        self.next.resize(self.next.len().max(sender + 1), 0);
        if self.next[sender] != n {
            return Err(die!("sender {sender}: {n} instead of {}", self.next[sender]));
        }
        self.next[sender] += 1;
        self.count += 1;
        Ok(())
    }
    async fn number_slowly(&mut self, sender: usize, n: u64) -> Result<(), Die> {
        tokio::task::yield_now().await;
        self.number(sender, n)
    }
    fn count(&self) -> u64 {
        self.count
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_producers_to_a_port_that_goes_idle_often() {
    const EACH: u64 = 100_000;
    let node = Node::local();
    let port = node.port(Checker::default());
    let handled = Arc::new(AtomicU64::new(0));
    let producers: Vec<_> = (0..4)
        .map(|sender| {
            let (node, port, handled) = (node.clone(), port.clone(), handled.clone());
            tokio::spawn(async move {
                for n in 0..EACH {
                    match n % 16 {
                        3 => node.snd(&port, ("number", sender, n)),
                        7 => port.number_slowly(sender, n),
                        _ => port.number(sender, n),
                    }
                    // Bursts of many lengths, and between them time to go idle.
                    if n % (sender as u64 * 7 + 5) == 0 {
                        tokio::task::yield_now().await;
                    }
                    if n % 1000 == 0 {
                        handled.fetch_max(port.count().await.unwrap(), Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    for producer in producers {
        in_time(producer).await.unwrap();
    }
    assert_eq!(in_time(port.count()).await, Ok(4 * EACH));
    assert!(handled.load(Ordering::Relaxed) > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_outside_the_runtime_keep_their_order() {
    let node = Node::local();
    let port = node.port(Checker::default());
    let threads: Vec<_> = (0..4)
        .map(|sender| {
            let port = port.clone();
            std::thread::spawn(move || (0..50_000).for_each(|n| port.number(sender, n)))
        })
        .collect();
    let joined = tokio::task::spawn_blocking(move || {
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    in_time(joined).await.unwrap();
    assert_eq!(in_time(port.count()).await, Ok(200_000));
}

/// Sends back what it gets, one less.
#[derive(Port)]
struct Player {
    done: Arc<Notify>,
}

#[rcv]
impl Player {
    fn ball(&mut self, ctx: &mut Ctx<Self>, from: PlayerRef, left: u32) {
        match left {
            0 => self.done.notify_one(),
            left => from.ball(ctx.handle(), left - 1),
        }
    }
    fn untyped(&mut self, ctx: &mut Ctx<Self>, from: PortId, left: u32) {
        match left {
            0 => self.done.notify_one(),
            left => ctx.snd(from, ("untyped", ctx.id(), left - 1)),
        }
    }
}

async fn ping_pong() {
    let node = Node::local();
    let done = Arc::new(Notify::new());
    let one = node.port(Player { done: done.clone() });
    let two = node.port(Player { done: done.clone() });
    one.ball(two.clone(), 100_000);
    in_time(done.notified()).await;
    one.untyped(two.id(), 100_000);
    in_time(done.notified()).await;
}

#[tokio::test]
async fn ping_pong_on_one_thread() {
    ping_pong().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ping_pong_on_two_threads() {
    let games: Vec<_> = (0..4).map(|_| tokio::spawn(ping_pong())).collect();
    for game in games {
        game.await.unwrap();
    }
}

#[tokio::test]
async fn a_hundred_thousand_idle_ports() {
    const COUNT: usize = 100_000;
    let node = Node::local();
    let ports: Vec<CheckerRef> = (0..COUNT).map(|_| node.port(Checker::default())).collect();
    assert_eq!(node.port_count(), COUNT);
    let seen = Arc::new(AtomicUsize::new(0));
    for port in &ports {
        let seen = seen.clone();
        node.mon(port, move |reason: Reason| {
            assert!(reason.is_normal());
            seen.fetch_add(1, Ordering::SeqCst);
        });
        port.number(0, 0);
    }
    for port in ports.iter().step_by(1000) {
        assert_eq!(in_time(port.count()).await, Ok(1));
    }
    ports.iter().for_each(|port| port.kil(()));
    let all = async {
        while node.port_count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    in_time(all).await;
    assert_eq!(seen.load(Ordering::SeqCst), COUNT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_ring_passes_a_token_round() {
    let node = Node::local();
    let done = Arc::new(Notify::new());
    let ring: Vec<FnPortRef> = (0..1000).map(|_| node.port_fn(|_, _| {})).collect();
    for (index, port) in ring.iter().enumerate() {
        let (next, done) = (ring[(index + 1) % ring.len()].clone(), done.clone());
        port.rcv("token", move |_, (left,): (u32,)| match left {
            0 => done.notify_one(),
            left => next.snd(("token", left - 1)),
        })
        .unwrap();
    }
    ring[0].snd(("token", 50_000));
    in_time(done.notified()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_monitor_fires_once_while_ports_die() {
    let node = Node::local();
    for _ in 0..300 {
        let port = node.port(Checker::default());
        let fired = Arc::new(AtomicUsize::new(0));
        let (tx, mut rx) = mpsc::unbounded_channel::<()>();
        let tasks: Vec<_> = (0..4)
            .map(|task| {
                let (node, port, fired, tx) =
                    (node.clone(), port.clone(), fired.clone(), tx.clone());
                tokio::spawn(async move {
                    for n in 0..20 {
                        let (fired, tx) = (fired.clone(), tx.clone());
                        node.mon(&port, move |_: Reason| {
                            fired.fetch_add(1, Ordering::SeqCst);
                            drop(tx);
                        });
                        if (task, n) == (2, 10) {
                            port.kil("x");
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        drop(tx);
        assert_eq!(in_time(rx.recv()).await, None);
        assert_eq!(fired.load(Ordering::SeqCst), 80);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_call_to_a_dying_port_ends() {
    let node = Node::local();
    for _ in 0..300 {
        let port = node.port(Checker::default());
        let tasks: Vec<_> = (0..4)
            .map(|task| {
                let (node, port) = (node.clone(), port.clone());
                tokio::spawn(async move {
                    for n in 0..20 {
                        drop(in_time(port.count()).await);
                        drop(in_time(node.cal::<(u64,)>(&port, ("count",))).await);
                        drop(in_time(port.peval(|_, _| Ok(()))).await);
                        if (task, n) == (2, 10) {
                            port.kil("x");
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(node.port_count(), 0);
    }
}

/// The request kills the port, while the caller is still making its monitor.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_whose_request_kills_is_told_why() {
    let node = Node::local();
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let node = node.clone();
            tokio::spawn(async move {
                for _ in 0..2000 {
                    let port = node.port_fn(|_, _| Err(die!("killed by it")));
                    let error = in_time(node.cal::<()>(&port, ("x",))).await.unwrap_err();
                    assert_eq!(error.reason().unwrap().to_string(), "die: killed by it");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn monitors_of_a_node_fire_however_it_is_shut_down() {
    for _ in 0..300 {
        let node = Node::local();
        let (tx, mut rx) = mpsc::unbounded_channel::<()>();
        let tasks: Vec<_> = (0..4)
            .map(|task| {
                let (node, tx) = (node.clone(), tx.clone());
                tokio::spawn(async move {
                    for n in 0..20 {
                        let tx = tx.clone();
                        node.mon(&node, move |_: Reason| tx.send(()).unwrap_or(()));
                        if (task, n) == (2, 10) {
                            node.shutdown(Duration::ZERO).await;
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        for _ in 0..80 {
            in_time(rx.recv()).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn receiving_ports_lose_no_wake_up() {
    const COUNT: u64 = 10_000;
    let node = Node::local();
    let (tell, told) = oneshot::channel();
    let port = node.port_async(move |mut me| async move {
        let mut sum = 0;
        for _ in 0..COUNT {
            let (odd,): (u64,) = me.get("odd").await?;
            let (even,): (u64,) = me.get("even").await?;
            sum += odd + even;
        }
        tell.send(sum).map_err(|_| die!("nobody waits"))
    });
    let senders = [("odd", 1_u64), ("even", 2)].map(|(tag, n)| {
        let (node, port) = (node.clone(), port.clone());
        tokio::spawn(async move {
            for count in 0..COUNT {
                node.snd(&port, (tag, n));
                if count % 5 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        })
    });
    for sender in senders {
        sender.await.unwrap();
    }
    assert_eq!(in_time(told).await, Ok(3 * COUNT));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_block_outlives_a_port_that_is_killed_as_it_begins() {
    let node = Node::local();
    let held = Arc::new(());
    for _ in 0..2000 {
        let (hold, own) = (held.clone(), node.clone());
        node.port_async(move |me| async move {
            let id = me.id();
            drop(me);
            own.kil(&id, ());
            drop(own);
            std::future::pending::<()>().await;
            drop(hold);
            Ok(())
        });
    }
    let all = async {
        // The block ends a moment before its port.
        while Arc::strong_count(&held) > 1 || node.port_count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    in_time(all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn shutdown_in_the_midst_of_it_all() {
    for _ in 0..50 {
        let node = Node::local();
        let held = Arc::new(());
        let tasks: Vec<_> = (0..4)
            .map(|task| {
                let (node, held) = (node.clone(), held.clone());
                tokio::spawn(async move {
                    for n in 0..50 {
                        let hold = held.clone();
                        let port = node.port_fn(move |_, _| {
                            let _ = &hold;
                        });
                        port.snd(("x",));
                        node.mon_guard(&port, held.clone());
                        let call = node.cal::<()>(&port, ("x",));
                        if (task, n) == (1, 25) {
                            node.shutdown(Duration::ZERO).await;
                        }
                        if node.is_shut_down() {
                            let error = in_time(call).await.unwrap_err();
                            let kind = error.reason().map(Reason::kind).unwrap_or_default();
                            assert!(["shutdown", "no_such_port"].contains(&kind), "{error}");
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let all = async {
            while Arc::strong_count(&held) > 1 {
                tokio::task::yield_now().await;
            }
        };
        in_time(all).await;
        assert_eq!(node.port_count(), 0);
    }
}
