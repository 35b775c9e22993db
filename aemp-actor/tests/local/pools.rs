//! Pools on one node.

use std::time::Duration;

use aemp_actor::pool::{Pool, PoolError, PoolRef, Request};
use aemp_actor::prelude::*;
use aemp_actor::supervisor::Backoff;
use tokio::time::Instant;

use crate::support::{soon, until};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Port, Default)]
struct Worker;

#[rcv]
impl Worker {
    fn square(&mut self, n: u64) -> u64 {
        n * n
    }

    async fn slow(&mut self, seconds: u64) -> u64 {
        tokio::time::sleep(SECOND * u32::try_from(seconds).unwrap()).await;
        seconds
    }

    fn hand_on(&mut self, to: WorkerRef, reply: Reply<u64>) {
        reply.forward(to.square(3));
    }

    fn keep(&mut self, fails: bool, reply: Reply<u64>) {
        if fails { reply.fail("busy") } else { drop(reply) }
    }

    /// Dies of it, unless it has been tried before.
    fn fail(&mut self, ctx: &mut Ctx<Self>, group: String) -> Result<u64, Die> {
        let before = ctx.node().grp_get(&group).len();
        let note = ctx.node().port_fn(|_, _| ());
        ctx.node().grp_reg(&group, &note)?;
        if before < 2 { Err(die!("attempt {before}")) } else { Ok(before as u64) }
    }
}

#[init("Pools::worker")]
fn worker() -> Worker {
    Worker
}

fn pool(node: &Node, workers: usize) -> PoolRef {
    node.grp_reg("pool", node).unwrap();
    let pool = Pool::new("pool", "Pools::worker", ()).per_node(workers).max_requests(10);
    pool.backoff(Backoff::new(SECOND, SECOND)).start(node)
}

#[tokio::test(start_paused = true)]
async fn requests_are_shared_out_and_bounded() {
    let node = Node::local();
    let pool = pool(&node, 4);
    let (square,): (u64,) = pool.request(Request::new(("square", 7))).await.unwrap();
    assert_eq!(square, 49);
    let begun = Instant::now();
    let slow = || pool.request::<(u64,)>(Request::new(("slow", 3)));
    let answers: Vec<_> = (0..10).map(|_| slow()).collect();
    assert_eq!(slow().await, Err(PoolError::Full { most: 10 }), "and nothing was sent");
    for answer in answers {
        assert_eq!(answer.await, Ok((3,)));
    }
    assert_eq!(begun.elapsed().as_secs(), 9, "4 at a time");
    assert_eq!(slow().await, Ok((3,)), "there is room again");
    let unknown = pool.request::<(u64,)>(Request::new(("cube", 2))).await.unwrap_err();
    assert!(
        matches!(&unknown, PoolError::Refused { text, .. } if text.contains("cube")),
        "{unknown}"
    );
    let other = pool.request::<(Vec<u64>,)>(Request::new(("square", 2))).await.unwrap_err();
    assert!(matches!(other, PoolError::BadAnswer { .. }), "{other}");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_counts_from_the_request_and_frees_the_worker() {
    let node = Node::local();
    let pool = pool(&node, 1);
    let request = |seconds: u64| Request::new(("slow", seconds)).within(5 * SECOND);
    let begun = Instant::now();
    let (hangs, waits) =
        (pool.request::<(u64,)>(request(3600)), pool.request::<(u64,)>(request(0)));
    assert_eq!(hangs.await, Err(PoolError::Timeout { after: 5 * SECOND }));
    assert_eq!(waits.await, Err(PoolError::Timeout { after: 5 * SECOND }), "it waited as long");
    assert_eq!(begun.elapsed().as_secs(), 5);
    // The worker that hung was killed, and another one started after its pause.
    assert_eq!(pool.request::<(u64,)>(request(0)).await, Ok((0,)));
    assert!(begun.elapsed() <= 6 * SECOND + SECOND / 10, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_a_lost_worker_had_is_reported_or_retried() {
    let node = Node::local();
    let pool = pool(&node, 2);
    let lost = pool.request::<(u64,)>(Request::new(("fail", "reported"))).await.unwrap_err();
    let PoolError::Lost { reason, .. } = lost else { panic!("{lost}") };
    assert_eq!(reason.to_string(), "die: attempt 0");
    let retried = pool.request(Request::new(("fail", "retried")).retries(2));
    assert_eq!(soon("an answer", retried).await, Ok((2_u64,)));
    let given_up = pool.request::<(u64,)>(Request::new(("fail", "given up")).retries(1));
    let given_up = soon("an answer", given_up).await.unwrap_err();
    assert!(matches!(&given_up, PoolError::Lost { reason, .. } if reason.text() == "attempt 1"));
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_ends_tells_all_and_takes_its_workers_along() {
    let node = Node::local();
    let pool = pool(&node, 1);
    let waits = pool.request::<(u64,)>(Request::new(("slow", 20)));
    let ports = || async { node.introspect(&node).info().await.unwrap().ports };
    tokio::time::sleep(SECOND).await;
    let before = ports().await;
    pool.kil("enough");
    assert_eq!(waits.await, Err(PoolError::Ended));
    let late = pool.request::<(u64,)>(Request::new(("square", 2))).await;
    assert_eq!(late, Err(PoolError::Ended));
    // The worker had 5 seconds to end.
    tokio::time::sleep(6 * SECOND).await;
    assert!(ports().await <= before - 2);
    until("no member is left but the node", || node.grp_get("pool").len() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn workers_are_asked_in_the_methods_of_their_handle() {
    let node = Node::local();
    node.grp_reg("pool", &node).unwrap();
    let pool = Pool::init("pool", worker, ()).start(&node);
    assert_eq!(pool.call(|worker| worker.square(7)).await, Ok(49));
    let (square,): (u64,) = pool.request(Request::new(("square", 8))).await.unwrap();
    assert_eq!(square, 64);
    let late = pool.within(5 * SECOND).call(|worker| worker.slow(3600)).await;
    assert_eq!(late, Err(PoolError::Timeout { after: 5 * SECOND }));
    let late = pool.call(|worker| worker.slow(3600).timeout(SECOND)).await;
    assert_eq!(late, Err(PoolError::Timeout { after: SECOND }));
    assert_eq!(pool.retries(2).call(|worker| worker.fail("typed")).await, Ok(2));
    let lost = pool.call(|worker| worker.fail("typed and lost")).await.unwrap_err();
    assert!(matches!(&lost, PoolError::Lost { reason, .. } if reason.text() == "attempt 0"));
    let failed = pool.retries(9).call(|worker| worker.keep(true)).await.unwrap_err();
    assert!(matches!(&failed, PoolError::Failed { reason, .. } if reason.kind() == "busy"));
    let dropped = pool.retries(9).call(|worker| worker.keep(false)).await.unwrap_err();
    assert!(matches!(dropped, PoolError::Dropped { .. }), "{dropped}");
    // What cannot be sent is no fault of the worker.
    let odd = pool.call(|_| -> Call<u64> { panic!("no request") }).await.unwrap_err();
    assert!(matches!(&odd, PoolError::Refused { text, .. } if text.contains("no request")));
    assert_eq!(pool.within(SECOND).call(|worker| worker.square(2)).await, Ok(4));
}

/// A worker that has forwarded a request to a port which dies is no lost worker.
#[tokio::test(start_paused = true)]
async fn a_worker_outlives_the_port_that_it_hands_a_request_on_to() {
    let node = Node::local();
    node.grp_reg("pool", &node).unwrap();
    let pool = Pool::init("pool", worker, ()).start(&node);
    let dead = node.port(Worker);
    dead.kil("gone");
    let target = dead.id();
    let lost = pool.call(move |worker| worker.hand_on(&dead)).await.unwrap_err();
    assert!(matches!(&lost, PoolError::Lost { worker, .. } if *worker == target), "{lost}");
    assert_eq!(pool.within(SECOND).call(|worker| worker.square(2)).await, Ok(4));
}
