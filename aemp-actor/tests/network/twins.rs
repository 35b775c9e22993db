//! Two processes with the same node ID in one network.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aemp_actor::NodeEvent;
use aemp_actor::prelude::*;
use aemp_actor::sim::{self, Crash, Network};

const SECOND: Duration = Duration::from_secs(1);

/// A process on that host, with the node ID of the other one.
async fn twin(network: &Network, host: &str, id: &str, hub: &str) -> Node {
    let config = network.config(host).nodeid(id).seed(format!("mem:{hub}"));
    Node::configure(config).await.unwrap()
}

type Seen<T> = Arc<Mutex<Vec<T>>>;

/// Ups and downs of one node.
fn ups(node: &Node, of: &'static str) -> Seen<bool> {
    let seen = Seen::default();
    let inside = seen.clone();
    let watching = node.mon_nodes(move |event: &NodeEvent| {
        if event.node().as_str() == of {
            inside.lock().unwrap().push(event.is_up());
        }
    });
    std::mem::forget(watching);
    seen
}

/// The log lines of that level with that text.
fn lines(level: &str, text: &str) -> Vec<String> {
    let all = crate::support::log::all().into_iter();
    all.filter(|line| line.trim_start().starts_with(level) && line.contains(text)).collect()
}

/// Both, whichever of the two nodes decides which connection counts.
const HUBS: [(&str, &str); 2] = [("aaa", "twin-of-aaa"), ("zzz", "twin-of-zzz")];

#[test]
fn the_later_of_two_processes_stays_and_the_earlier_is_refused() {
    crate::support::log::start();
    // Names of its own: the log is that of all tests here.
    for (hub_id, id) in [("aaa", "told-of-aaa"), ("zzz", "told-of-zzz")] {
        sim::run(1, |network| async move {
            let hub = Node::configure(network.config(hub_id)).await.unwrap();
            let seen = ups(&hub, id);
            let one = twin(&network, "one", id, hub_id).await;
            hub.wait_up(id).await;
            let died: Seen<Reason> = Seen::default();
            let inside = died.clone();
            hub.mon(one.port_fn(|_, _| {}).id(), move |reason| inside.lock().unwrap().push(reason));
            let two = twin(&network, "two", id, hub_id).await;
            two.wait_up(hub_id).await;
            tokio::time::sleep(60 * SECOND).await;
            assert_eq!(*seen.lock().unwrap(), [true, false, true], "{hub_id}");
            assert_eq!(died.lock().unwrap().len(), 1, "monitors fire, once");
            assert!(two.node_is_up(hub_id) && !one.node_is_up(hub_id));
            let told = lines("ERROR", &format!("two processes have the node ID {id}"));
            assert_eq!(told.len(), 1, "{told:?}");
            let text = format!("the node ID of this node, {id}: another process");
            assert_eq!(lines("WARN", &text).len(), 1, "{text}");
            tokio::time::sleep(600 * SECOND).await;
            let told = lines("ERROR", &format!("two processes have the node ID {id}"));
            assert_eq!(told.len(), 2, "now and then: {told:?}");
        });
    }
}

#[test]
fn the_earlier_comes_back_when_the_later_has_gone() {
    for (hub_id, id) in HUBS {
        for crash in [Crash::Process, Crash::Machine] {
            sim::run(2, |network| async move {
                let hub = Node::configure(network.config(hub_id)).await.unwrap();
                let one = twin(&network, "one", id, hub_id).await;
                hub.wait_up(id).await;
                let two = twin(&network, "two", id, hub_id).await;
                two.wait_up(hub_id).await;
                tokio::time::sleep(60 * SECOND).await;
                assert!(!one.node_is_up(hub_id));
                network.crash("two", crash);
                // The hub cannot make the earlier one prove itself when its own proof would be what
                // establishes the connection: then it does not ask the later one for a sign of life.
                let patience = if hub_id < id { 10 } else { 40 };
                tokio::time::sleep(patience * SECOND).await;
                assert!(one.node_is_up(hub_id) && hub.node_is_up(id), "{hub_id} {crash:?}");
                let (sender, mut arrived) = tokio::sync::mpsc::unbounded_channel();
                let port = one.port_fn(move |_, message| {
                    sender.send(message.arg::<u32>(0).unwrap()).unwrap();
                });
                hub.snd(port.id(), ("hello", 1));
                assert_eq!(arrived.recv().await, Some(1));
                drop(two);
            });
        }
    }
}

/// A later process is what a restarted node looks like, however often.
#[test]
fn a_node_that_restarts_again_and_again_is_not_refused() {
    for (hub_id, id) in HUBS {
        sim::run(3, |network| async move {
            let hub = Node::configure(network.config(hub_id)).await.unwrap();
            for _ in 0..40 {
                let node = twin(&network, "one", id, hub_id).await;
                node.joined().await.unwrap();
                assert!(node.node_is_up(hub_id) && hub.node_is_up(id));
                network.crash("one", Crash::Machine);
                drop(node);
            }
        });
    }
}
