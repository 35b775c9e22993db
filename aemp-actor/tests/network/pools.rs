//! Pools over several nodes, on the simulated network.

use std::time::Duration;

use aemp_actor::pool::{Pool, PoolError, Request};
use aemp_actor::prelude::*;
use aemp_actor::sim::{self, Crash};

use crate::support::until;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Port)]
struct Worker {
    _token: aemp_actor::GrpToken,
}

#[rcv]
impl Worker {
    async fn square(&mut self, n: u64) -> u64 {
        tokio::time::sleep(SECOND / 20).await;
        n * n
    }
}

#[init("NetPools::worker")]
fn worker(ctx: &mut Init) -> Result<Worker, Die> {
    Ok(Worker { _token: ctx.node().grp_reg("squarers", ctx.id())? })
}

/// Nodes crash and come back while 2000 requests are worked on: each that may be retried is answered.
#[test]
fn no_request_is_lost_while_nodes_crash() {
    sim::run(1, |network| async move {
        let boot = async |host: &str| {
            let config = network.config(host).seed("mem:alpha").monitor_timeout(5 * SECOND);
            let node = Node::configure(config).await.unwrap();
            if host != "alpha" {
                node.grp_reg("pool", &node).unwrap();
            }
            node
        };
        let alpha = boot("alpha").await;
        let mut others =
            [Some(boot("beta").await), Some(boot("gamma").await), Some(boot("delta").await)];
        let pool = Pool::new("pool", "NetPools::worker", ()).per_node(3).start(&alpha);
        let requests: Vec<_> = (0..2000_u64)
            .map(|n| {
                let request = Request::new(("square", n)).within(600 * SECOND).retries(1000);
                pool.request::<(u64,)>(request)
            })
            .collect();
        let mut random = network.random("crashes");
        for _ in 0..20 {
            tokio::time::sleep(random.duration(&(Duration::ZERO..=SECOND))).await;
            let which = random.below(3);
            let host = ["beta", "gamma", "delta"][which];
            match others[which].take() {
                Some(node) => {
                    network.crash(
                        host,
                        if random.percent(50) { Crash::Process } else { Crash::Machine },
                    );
                    drop(node);
                }
                None => others[which] = Some(boot(host).await),
            }
        }
        for (which, host) in ["beta", "gamma", "delta"].into_iter().enumerate() {
            if others[which].is_none() {
                others[which] = Some(boot(host).await);
            }
        }
        for (n, request) in (0..).zip(requests) {
            assert_eq!(request.await, Ok((n * n,)));
        }
        until("all workers are there, and no more", || alpha.grp_get("squarers").len() == 9).await;
        pool.kil(());
        until("none is left", || alpha.grp_get("squarers").is_empty()).await;
        // Without nodes requests wait for one, until their deadline.
        for node in others.iter().flatten() {
            node.shutdown(SECOND).await;
        }
        let pool = Pool::new("pool", "NetPools::worker", ()).start(&alpha);
        let waits = pool.request::<(u64,)>(Request::new(("square", 2)).within(SECOND));
        assert_eq!(waits.await, Err(PoolError::Timeout { after: SECOND }));
    });
}

/// What its workers have they answer, and they are given nothing more: so it can be shut down.
#[test]
fn a_node_that_leaves_the_group_loses_no_request() {
    sim::run(2, |network| async move {
        let boot = async |host: &str| {
            Node::configure(network.config(host).seed("mem:alpha")).await.unwrap()
        };
        let (alpha, beta, gamma) = (boot("alpha").await, boot("beta").await, boot("gamma").await);
        let leaves = beta.grp_reg("pool", &beta).unwrap();
        gamma.grp_reg("pool", &gamma).unwrap();
        let pool = Pool::init("pool", worker, ()).per_node(3).start(&alpha);
        until("all workers are there", || alpha.grp_get("squarers").len() == 6).await;
        let requests: Vec<_> =
            (0..300_u64).map(|n| pool.call(move |worker| worker.square(n))).collect();
        tokio::time::sleep(SECOND).await;
        leaves.leave(9 * SECOND).await.unwrap();
        let of_beta = || alpha.grp_get("squarers").iter().any(|id| id.node() == beta.id());
        until("those of beta have ended", || !of_beta()).await;
        beta.shutdown(SECOND).await;
        for (n, request) in (0..).zip(requests) {
            assert_eq!(request.await, Ok(n * n));
        }
        assert_eq!(alpha.grp_get("squarers").len(), 3);
    });
}
