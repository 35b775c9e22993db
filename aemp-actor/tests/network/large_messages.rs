//! What passes a large message, and what does not: over every transport of this crate's own.

use std::sync::{Arc, Mutex, mpsc};

use crate::support::{Net, config, pair, soon};
use aemp_actor::prelude::*;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// So many bytes are more than any connection holds while nobody reads it.
const LARGE: usize = 16 << 20;

const NETS: [Net; 2] = [Net::Tcp, Net::Quic];

#[init("Large::port")]
fn large(init: &mut Init, text: String) {
    assert_eq!(text.len(), LARGE);
    init.rcv_default(|_, _| ());
}

/// Nothing more is read by the node while this is held.
struct Stopped(#[expect(dead_code)] mpsc::Sender<()>);

/// Stops the task that reads what `from` sends to `node`.
async fn stop_reading(node: &Node, from: &Node) -> Stopped {
    let (release, released) = mpsc::channel::<()>();
    let (entered, mut inside) = unbounded_channel();
    let released = Mutex::new(released);
    node.register("test::stop", move |_| {
        entered.send(()).unwrap();
        // The sender is dropped, and nothing sent.
        tokio::task::block_in_place(|| released.lock().unwrap().recv().unwrap_err());
    });
    from.snd(node, ("test::stop",));
    soon("the request", inside.recv()).await.unwrap();
    Stopped(release)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_message_passes_a_large_one() {
    for net in NETS {
        let (there, here) = pair(&net, "there", "here").await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let [large, small] = ["large", "small"].map(|name| {
            let order = order.clone();
            there.port_fn(move |_, _| order.lock().unwrap().push(name))
        });
        let stopped = stop_reading(&there, &here).await;
        here.snd(&large, "x".repeat(LARGE));
        here.snd(&small, "s");
        drop(stopped);
        // What follows the large one to its port comes after it.
        here.snd(&large, "behind");
        soon("the small one", async {
            while order.lock().unwrap().len() < 3 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(*order.lock().unwrap(), ["small", "large", "large"]);
    }
}

/// A port that looks for the ports it is told of, and tells how it finds them dead: "found" is what
/// it kills them with.
fn looker(node: &Node) -> (PortId, UnboundedReceiver<String>) {
    let (tell, told) = unbounded_channel();
    let own = node.clone();
    let looker = node.port_fn(move |_, message| {
        let (port, tell): (PortId, _) = (message.arg(0).unwrap(), tell.clone());
        own.mon(&port, move |reason: Reason| tell.send(reason.kind().to_owned()).unwrap());
        own.kil(&port, "found");
    });
    (looker.id(), told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_message_to_another_port_passes_a_large_spawn() {
    for net in NETS {
        let (there, here) = pair(&net, "there", "here").await;
        let (looker, mut told) = looker(&there);
        let stopped = stop_reading(&there, &here).await;
        let spawned = here.spawn("there", "Large::port", ("x".repeat(LARGE),));
        here.snd(&looker, ("look", &spawned));
        drop(stopped);
        assert_eq!(soon("the port", told.recv()).await.unwrap(), "found");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_one_that_waits_for_a_connection() {
    let there = Node::configure(config("there")).await.unwrap();
    let (looker, mut told) = looker(&there);
    let address = there.listeners().remove(0);
    let here = Node::configure(config("here").node("there", address)).await.unwrap();
    let spawned = here.spawn("there", "Large::port", ("x".repeat(LARGE),));
    here.snd(&looker, ("look", &spawned));
    assert_eq!(soon("the port", told.recv()).await.unwrap(), "found");
}
