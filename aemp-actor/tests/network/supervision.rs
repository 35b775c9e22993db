//! Supervisors whose children are on other nodes, on the simulated network.

use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::sim::{self, Crash, Network};
use aemp_actor::supervisor::{
    Backoff, Child, ChildRef, NotRunning, Strategy, Supervisor, SupervisorPort, SupervisorRef,
};
use aemp_actor::{Access, PortRef, Rights};

use crate::support::{death, until};

const SECOND: Duration = Duration::from_secs(1);

/// A worker that every node sees in a group.
#[derive(Port)]
struct Worker {
    _token: aemp_actor::GrpToken,
}

#[rcv]
impl Worker {
    fn place(&self, ctx: &mut Ctx<Self>) -> NodeId {
        ctx.node_id().clone()
    }

    fn fail(&mut self) -> Result<(), Die> {
        Err(die!("failed"))
    }
}

#[init("Supervision::worker")]
fn worker(ctx: &mut Init) -> Result<Worker, Die> {
    let _token = ctx.node().grp_reg("workers", ctx.id())?;
    Ok(Worker { _token })
}

#[init("Supervision::never")]
async fn never() {
    std::future::pending::<()>().await;
}

#[init("Supervision::tree")]
fn tree(ctx: &mut Init, workers: u32) -> SupervisorPort {
    let workers = (0..workers).map(|n| Child::init(format!("worker {n}"), worker, ()));
    workers.fold(Supervisor::new(Strategy::OneForOne), Supervisor::child).start_in(ctx)
}

async fn node(network: &Network, host: &str) -> Node {
    let config = network.config(host).seed("mem:alpha").monitor_timeout(5 * SECOND);
    Node::configure(config).await.unwrap()
}

/// Three nodes that know each other.
async fn three(network: &Network) -> [Node; 3] {
    let nodes =
        [node(network, "alpha").await, node(network, "beta").await, node(network, "gamma").await];
    for one in &nodes {
        for other in nodes.iter().filter(|other| other.id() != one.id()) {
            one.wait_up(other.id()).await;
        }
    }
    nodes
}

fn on_others(nodes: &[NodeId]) -> Option<NodeId> {
    nodes.iter().find(|node| node.as_str() != "alpha").cloned()
}

async fn settled(supervisor: &SupervisorRef, child: &ChildRef<Worker>, on: &str) {
    until("the child is where it belongs", || child.id().is_ok_and(|id| id.node().as_str() == on))
        .await;
    supervisor.ready().await.unwrap();
}

#[test]
fn a_child_on_another_node_is_started_again_and_ends_with_its_supervisor() {
    sim::run(1, |network| async move {
        let [alpha, beta, _gamma] = three(&network).await;
        let child = Child::init("worker", worker, ()).on("beta");
        let current = child.child_ref();
        let supervisor = Supervisor::new(Strategy::OneForOne).child(child).start(&alpha);
        let first = current.wait().await.unwrap();
        assert_eq!(first.place().await.unwrap(), *beta.id());
        first.fail();
        until("it is started again", || current.get().is_ok_and(|now| now != first)).await;
        let second = current.get().unwrap();
        let died = death(&beta, &second);
        supervisor.kil_now("enough");
        assert_eq!(died.reason().await.kind(), "shutdown");
        assert!(matches!(current.get(), Err(NotRunning::Ended { .. })));
    });
}

#[test]
fn children_end_when_the_node_of_their_supervisor_is_lost() {
    for crash in [Crash::Process, Crash::Machine] {
        sim::run(2, move |network| async move {
            let [alpha, beta, gamma] = three(&network).await;
            let below = Child::init("below", tree, (2,)).on("beta");
            let worker = Child::init("worker", worker, ()).on("beta");
            let supervisor =
                Supervisor::new(Strategy::OneForOne).child(below).child(worker).start(&alpha);
            supervisor.ready().await.unwrap();
            until("the group is told", || gamma.grp_get("workers").len() == 3).await;
            network.crash("alpha", crash);
            drop((alpha, supervisor));
            until("all have ended", || beta.grp_get("workers").is_empty()).await;
        });
    }
}

#[test]
fn a_child_whose_node_is_down_waits_for_it_and_has_not_failed() {
    sim::run(3, |network| async move {
        let [alpha, beta, _gamma] = three(&network).await;
        let child = Child::init("worker", worker, ()).on("beta");
        let current = child.child_ref();
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .intensity(0, 60 * SECOND)
            .child(child)
            .start(&alpha);
        current.wait().await.unwrap();
        network.crash("beta", Crash::Process);
        drop(beta);
        until("the supervisor knows", || current.get().is_err()).await;
        tokio::time::sleep(100 * SECOND).await;
        let error = current.get().unwrap_err();
        let NotRunning::Starting { reason: Some(reason), .. } = error else { panic!("{error}") };
        assert_eq!(reason.kind(), "transport_error");
        let _beta = node(&network, "beta").await;
        settled(&supervisor, &current, "beta").await;
    });
}

#[test]
fn a_child_that_is_placed_is_started_elsewhere_when_its_node_is_down() {
    sim::run(4, |network| async move {
        let [alpha, beta, gamma] = three(&network).await;
        let child = Child::init("worker", worker, ()).place(on_others);
        let current = child.child_ref();
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .intensity(0, 60 * SECOND)
            .child(child)
            .start(&alpha);
        settled(&supervisor, &current, "beta").await;
        network.partition("alpha", "beta");
        settled(&supervisor, &current, "gamma").await;
        // The first one ended where it was.
        until("there is one", || gamma.grp_get("workers").len() == 1).await;
        until("there is none", || beta.grp_get("workers").iter().all(|id| id.node() != beta.id()))
            .await;
        gamma.shutdown(SECOND).await;
        until("nobody is suitable", || {
            let error = current.get().err();
            matches!(error, Some(NotRunning::Starting { reason: Some(reason), .. })
                if reason.kind() == "no_node")
        })
        .await;
        network.heal();
        settled(&supervisor, &current, "beta").await;
    });
}

/// A node comes and goes: one child in the end, and none is left behind.
#[test]
fn a_node_that_flaps() {
    for seed in 0..20 {
        sim::run(seed, |network| async move {
            let [alpha, beta, gamma] = three(&network).await;
            let children = ["fixed", "placed"].map(|name| Child::init(name, worker, ()));
            let [fixed, placed] = children;
            let (fixed, placed) = (fixed.on("beta"), placed.place(on_others));
            let refs = [fixed.child_ref(), placed.child_ref()];
            let supervisor = Supervisor::new(Strategy::RestForOne)
                .intensity(0, 60 * SECOND)
                .backoff(Backoff::new(SECOND / 10, 2 * SECOND))
                .child(fixed)
                .child(placed)
                .start(&alpha);
            let mut random = network.random("flapping");
            for _ in 0..30 {
                network.cut("alpha", "beta");
                let pause = random.duration(&(Duration::ZERO..=SECOND));
                tokio::time::sleep(pause).await;
            }
            // The end of a connection that was cut may be noticed late.
            until("both run on beta, and no other anywhere", || {
                let ids = refs.iter().map(|child| child.id().ok());
                let mut ids = ids.collect::<Option<Vec<_>>>().unwrap_or_default();
                ids.sort();
                ids.iter().filter(|id| id.node() == beta.id()).count() == 2
                    && [&alpha, &beta, &gamma].iter().all(|node| node.grp_get("workers") == ids)
            })
            .await;
            let info = supervisor.which_children().await.unwrap();
            assert!(info.children.iter().all(|child| child.restarts > 0), "{info:?}");
        });
    }
}

#[test]
fn a_child_that_does_not_start_on_another_node_has_failed() {
    sim::run(5, |network| async move {
        let [alpha, beta, _gamma] = three(&network).await;
        let never = Child::init("never", never, ()).on("beta").start_deadline(10 * SECOND);
        let unknown = Child::spawn("unknown", "Supervision::nobody", ()).on("beta");
        for (child, text) in [(never, "did not start within 10s"), (unknown, "no init function")] {
            let supervisor = Supervisor::new(Strategy::OneForOne)
                .intensity(0, SECOND)
                .child(child)
                .start(&alpha);
            let reason = death(&alpha, &supervisor).reason().await;
            assert_eq!(reason.kind(), "max_restarts");
            assert!(reason.text().contains(text), "{reason}");
        }
        assert!(beta.grp_get("workers").is_empty());
    });
}

#[test]
fn a_node_that_does_not_grant_it_is_noticed() {
    sim::run(6, |network| async move {
        let alpha = Node::configure(network.config("alpha")).await.unwrap();
        let rights = Rights::all().functions(["Supervision::*"]);
        let config = network.config("beta").seed("mem:alpha");
        let config = config.access(Access::default().rule("alpha", rights));
        let beta = Node::configure(config).await.unwrap();
        alpha.wait_up("beta").await;
        let child = Child::init("worker", worker, ()).on("beta");
        let current = child.child_ref();
        let supervisor = Supervisor::new(Strategy::OneForOne).child(child).start(&alpha);
        let first = current.wait().await.unwrap();
        assert_eq!(beta.dropped().refused, 1);
        first.fail();
        until("it is started again", || current.get().is_ok_and(|now| now != first)).await;
        let died = death(&beta, current.id().unwrap());
        supervisor.shutdown();
        assert_eq!(died.reason().await.kind(), "shutdown");
    });
}

#[test]
fn requests_to_supervise_are_checked_and_do_not_add_up() {
    sim::run(7, |network| async move {
        let [alpha, beta, gamma] = three(&network).await;
        let child = alpha.spawn("beta", "Supervision::worker", ());
        let idle = || alpha.port_fn(|_, _| ());
        let (first, last) = (idle(), idle());
        for supervisor in [&first, &last] {
            alpha.snd("beta", ("aemp::supervise", &child, supervisor, 1.0));
        }
        // By others, of others, and nonsense.
        gamma.snd("beta", ("aemp::supervise", &child, &last, 1.0));
        alpha.snd("beta", ("aemp::supervise", "beta", &last, 1.0));
        alpha.snd("beta", ("aemp::supervise", &last, &last, ()));
        alpha.snd("beta", ("aemp::supervise", 7));
        until("they are refused", || beta.dropped().bad_message == 4).await;
        first.kil("first");
        let died = death(&beta, &child);
        until("the group is told", || alpha.grp_get("workers").len() == 1).await;
        tokio::time::sleep(60 * SECOND).await;
        assert_eq!(alpha.grp_get("workers").len(), 1, "only the last request counts");
        last.kil(());
        assert_eq!(died.reason().await.kind(), "shutdown");
    });
}

/// When children were started, with the pauses between.
fn restarts(seed: u64) -> Vec<Duration> {
    sim::run(seed, |network| async move {
        let [alpha, _beta, _gamma] = three(&network).await;
        let child = Child::init("worker", worker, ()).place(on_others);
        let current = child.child_ref();
        let _supervisor =
            Supervisor::new(Strategy::OneForOne).any_intensity().child(child).start(&alpha);
        let mut times = Vec::new();
        for _ in 0..10 {
            let worker = current.wait().await.unwrap();
            times.push(network.elapsed());
            worker.fail();
            until("the supervisor knows", || current.get().ok().is_none_or(|now| now != worker))
                .await;
        }
        times
    })
}

#[test]
fn pauses_follow_from_the_seed() {
    assert_eq!(restarts(1), restarts(1));
    assert_ne!(restarts(1), restarts(2));
}
