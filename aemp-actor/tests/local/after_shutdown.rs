//! A node that was shut down: every call has a clear outcome, and nothing runs any more.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{Net, PATIENCE, RawPeer, death, for_each_pair, sink, soon, tcp_node};
use aemp_actor::prelude::*;
use aemp_actor::{CallError, PevalError, PortOptions, Ref};

/// What ran that must not, by the test that must not run it.
static RAN: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

fn ran(test: &'static str) {
    RAN.lock().unwrap().push(test);
}

fn nothing_ran(test: &'static str) -> bool {
    !RAN.lock().unwrap().contains(&test)
}

/// Is counted by its shares.
#[derive(Port)]
struct Living {
    test: &'static str,
    _share: Arc<()>,
}

#[rcv]
impl Living {
    fn touch(&mut self) {
        ran(self.test);
    }

    fn count(&self) -> u64 {
        ran(self.test);
        7
    }
}

#[init("AfterShutdown::living")]
fn make_living() -> Living {
    ran("spawned");
    Living { test: "spawned", _share: Arc::default() }
}

/// A node that is shut down, a port that it had, and a port of another node.
struct Remains {
    node: Node,
    port: LivingRef,
    share: Arc<()>,
    other: Node,
    there: PortId,
}

impl Remains {
    /// Of a node that is connected to another, which goes on.
    async fn new(test: &'static str) -> Self {
        let (other, node) = crate::support::pair(&Net::memory(), "beta", "alpha").await;
        let share = Arc::new(());
        let port = node.port(Living { test, _share: share.clone() });
        let there = sink(&other).id;
        let mut events = other.node_events();
        node.shutdown(PATIENCE).await;
        // Until then the other node has a port of the mesh for this one.
        while soon("the end", events.next()).await.unwrap().is_up() {}
        assert!(node.is_shut_down() && !other.is_shut_down());
        Self { node, port, share, other, there }
    }

    /// Every kind of port ID there is.
    fn targets(&self) -> Vec<PortId> {
        vec![
            self.port.id(),
            PortId::of_node(self.node.id()),
            PortId::from("alpha#nonesuch"),
            self.there.clone(),
            PortId::of_node(self.other.id()),
            PortId::from("gamma#unknown"),
        ]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn monitors_fire_at_once() {
    let remains = Remains::new("monitors_fire_at_once").await;
    let node = &remains.node;
    let text = "shutdown: node alpha was shut down";
    for target in remains.targets() {
        assert_eq!(death(node, &target).text().await, text, "{target}");
        node.mon(&target, Kil(remains.port.id()));
        node.mon(&target, Snd(remains.port.id(), ("never",)));
        let guarded = Arc::new(());
        node.mon_guard(&target, guarded.clone());
        crate::support::until("the guarded thing to be dropped", || {
            Arc::strong_count(&guarded) == 1
        })
        .await;
        let token = node.mon(&target, |_| {});
        token.cancel();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_fail() {
    let remains = Remains::new("requests_fail").await;
    for target in remains.targets() {
        let call = remains.node.cal::<()>(&target, ("time",));
        let error = soon("an error", call).await.unwrap_err();
        let CallError::Died { target: named, reason } = &error else { panic!("{error}") };
        assert_eq!((named, reason.kind()), (&target, "shutdown"), "{error}");
    }
    let error = soon("an error", remains.port.count()).await.unwrap_err();
    assert_eq!(error.reason().map(Reason::kind), Some("shutdown"), "{error}");
    let far = LivingRef::from(Ref::at(&remains.node, &remains.there));
    let error = soon("an error", far.count()).await.unwrap_err();
    assert_eq!(error.reason().map(Reason::kind), Some("shutdown"), "{error}");
    let error =
        soon("an error", remains.port.peval(|living, _| Ok(living.test))).await.unwrap_err();
    assert!(matches!(&error, PevalError::Died { .. }), "{error}");
    assert!(nothing_ran("requests_fail"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_is_lost_and_counted() {
    let remains = Remains::new("what_is_sent_is_lost_and_counted").await;
    let node = &remains.node;
    for target in remains.targets() {
        let before = node.dropped().closed;
        node.snd(&target, ("devnull",));
        assert_eq!(node.dropped().closed, before + 1, "snd to {target}");
        let sent = soon("snd_wait", node.snd_wait(&target, ("devnull",))).await;
        assert_eq!(sent, Ok(()));
        assert_eq!(node.dropped().closed, before + 2, "snd_wait to {target}");
        node.kil(&target, "dead already");
    }
    let before = node.dropped();
    remains.port.touch();
    let after = node.dropped();
    assert_eq!(after.closed + after.dead_port, before.closed + before.dead_port + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_port_does_nothing() {
    let remains = Remains::new("the_node_port_does_nothing").await;
    let node = &remains.node;
    node.register("AfterShutdown::called", |_| ran("the_node_port_does_nothing"));
    node.snd(node, ("AfterShutdown::called",));
    node.snd(node, ("AnyEvent::MP::_spawn", "some.name", "AfterShutdown::living"));
    tokio::task::yield_now().await;
    assert!(nothing_ran("the_node_port_does_nothing") && nothing_ran("spawned"));
    assert_eq!(node.port_count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_ports_are_dead() {
    let remains = Remains::new("new_ports_are_dead").await;
    let node = &remains.node;
    let share = Arc::new(());
    let living = || Living { test: "new_ports_are_dead", _share: share.clone() };
    let closure = node.port_fn(|_, _| ran("new_ports_are_dead"));
    let ports = [
        node.port(living()).id(),
        node.port_with(living(), PortOptions::new().max_messages(1)).id(),
        closure.id(),
        node.port_async(|_| async {
            ran("new_ports_are_dead");
            Ok(())
        })
        .id(),
        node.spawn(node, "AfterShutdown::living", ()),
        make_living.on(node, node, ()).id(),
        node.spawn(node, "AfterShutdown::nonesuch", ()),
        node.spawn("beta", "AfterShutdown::living", ()),
    ];
    drop(closure.rcv("tag", |_, ()| ran("new_ports_are_dead")));
    node.rcv(&ports[0], "tag", |_, ()| ran("new_ports_are_dead")).unwrap_err();
    node.rcv_off(&ports[0], "tag").unwrap_err();
    for port in ports {
        node.snd(&port, ("touch",));
        assert_eq!(death(node, &port).reason().await.kind(), "shutdown", "{port}");
    }
    assert_eq!(node.port_count(), 0);
    assert!(nothing_ran("new_ports_are_dead") && nothing_ran("spawned"));
    assert_eq!(Arc::strong_count(&share), 1, "the values are dropped");
    assert_eq!(remains.other.port_count(), 1, "nothing was spawned there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timers_and_callbacks_do_nothing() {
    let (other, node) = crate::support::pair(&Net::memory(), "beta", "alpha").await;
    let mut there = sink(&other);
    let soon_after = Duration::from_millis(1);
    let before = node.after(Duration::from_millis(50), &there.id, ("too late",));
    node.shutdown(PATIENCE).await;
    let after = node.after(soon_after, &there.id, ("much too late",));
    let own = node.after(soon_after, &node, ("AfterShutdown::called",));
    node.mon_nodes(|_| ran("timers_and_callbacks_do_nothing"));
    other.after(Duration::from_millis(100), &there.id, ("now",));
    assert_eq!(there.next().await, r#"["now"]"#);
    assert!(node.dropped().closed >= 2, "{:?}", node.dropped());
    for timer in [before, after, own] {
        timer.cancel();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_it_says_of_itself() {
    let remains = Remains::new("what_it_says_of_itself").await;
    let node = remains.node.clone();
    assert_eq!(node.up_nodes(), [""; 0]);
    assert!(!node.node_is_up("beta"));
    assert_eq!(node.port_count(), 0);
    assert_eq!(node.id(), "alpha");
    assert_eq!(format!("{node:?}"), "Node(alpha, shut down)");
    assert_eq!(Arc::strong_count(&remains.share), 1, "the values of its ports are dropped");
    soon("a second shutdown", node.shutdown(PATIENCE)).await;
    assert!(node.is_shut_down());
    drop(remains.node);
    assert!(node.is_shut_down());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_are_empty() {
    let (other, node) = crate::support::pair(&Net::memory(), "beta", "alpha").await;
    let (own, there) = (sink(&node), sink(&other));
    node.grp_reg("group", &own).unwrap();
    other.grp_reg("group", &there).unwrap();
    crate::support::until("both members everywhere", || {
        node.grp_get("group").len() == 2 && other.grp_get("group").len() == 2
    })
    .await;
    node.shutdown(PATIENCE).await;
    crate::support::until("the member to go", || other.grp_get("group") == [there.id.clone()])
        .await;
    assert_eq!(node.grp_get("group"), [""; 0]);
    drop(node.grp_reg("group", &own));
    drop(node.grp_reg("group", &node));
    crate::support::until("the dead to be no members", || node.grp_get("group").is_empty()).await;
    assert_eq!(node.grp_snd_all("group", ("hello",)), 0);
    assert_eq!(node.groups(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_there_is_told() {
    for_each_pair(async |a, b| {
        let (own, there) = (sink(&a), sink(&b));
        let (own_died, node_died) = (death(&a, &own), death(&a, &a));
        let (far_died, far_node_died) = (death(&a, &there), death(&a, &b));
        let silent = b.port_fn(|_, _| {}).id();
        let far_call = a.cal::<()>(&silent, ("ping",));
        let text = format!("shutdown: node {} was shut down", a.id());
        let name = a.id().clone();
        soon("the shutdown", a.shutdown(PATIENCE)).await;
        assert_eq!(own_died.text().await, text);
        assert_eq!(node_died.text().await, text);
        for death in [far_died, far_node_died] {
            let kind = death.reason().await.kind().to_owned();
            assert!(["shutdown", "transport_error"].contains(&kind.as_str()), "{kind}");
        }
        soon("an error", far_call).await.unwrap_err();
        crate::support::until("the other node to notice", || !b.node_is_up(&name)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listeners_are_closed_and_can_be_made_again() {
    let net = Net::memory();
    for _ in 0..3 {
        let node = Node::configure(net.config("phoenix")).await.unwrap();
        soon("the shutdown", node.shutdown(PATIENCE)).await;
    }
    let node = tcp_node("phoenix").await;
    let address = node.listeners().remove(0);
    let mut silent = RawPeer::connect(&node).await;
    silent.line().await;
    let mut peer = RawPeer::log_in(&node, "raw").await;
    // The other side of a shutdown ends its half, too.
    let shutdown = tokio::spawn(async move { node.shutdown(PATIENCE).await });
    peer.closed().await;
    silent.closed().await;
    drop(peer);
    soon("the shutdown", shutdown).await.unwrap();
    let again = Config::new().nodeid("phoenix").secret(crate::support::SECRET).bind(&address);
    assert_eq!(Node::configure(again).await.unwrap().listeners(), [address]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_does_not_end_its_half_is_not_waited_for() {
    let node = tcp_node("hasty").await;
    let mut clinging = RawPeer::log_in(&node, "clinging").await;
    let died = death(&node, "clinging#p");
    clinging.next().await;
    soon("the shutdown", node.shutdown(Duration::from_millis(10))).await;
    died.reason().await;
    clinging.closed().await;
}

#[tokio::test]
async fn streams_of_events_end_with_what_was_not_read() {
    let node = Node::local();
    let (mut nodes, mut group) = (node.node_events(), node.grp_events("g"));
    let waiting = {
        let (mut nodes, mut group) = (node.node_events(), node.grp_events("other"));
        tokio::spawn(async move { (nodes.next().await, group.next().await) })
    };
    let wanted = {
        let node = node.clone();
        tokio::spawn(async move { node.grp_wait("nobody").await })
    };
    let port = node.port_fn(|_, _| ());
    let _token = node.grp_reg("g", &port).unwrap();
    node.shutdown(PATIENCE).await;
    assert_eq!(soon("the end", waiting).await.unwrap(), (None, None));
    assert!(soon("the end", wanted).await.unwrap().is_empty());
    assert_eq!(soon("the change", group.next()).await.unwrap().added, [PortId::from(&port)]);
    for _ in 0..2 {
        assert_eq!(soon("the end", group.next()).await, None, "that the port died is no change");
        assert_eq!(soon("the end", nodes.next()).await, None);
    }
    assert_eq!(soon("the end", node.node_events().next()).await, None);
    assert_eq!(soon("the end", node.grp_events("g").next()).await, None);
}
