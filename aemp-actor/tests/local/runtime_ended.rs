//! A node whose runtime ends while its handles live on: everybody who waits for it is told.

use std::time::Duration;

use crate::support::{death, soon};
use aemp_actor::prelude::*;
use aemp_actor::{CallError, PortRef};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

#[derive(Default, Port)]
struct Counter {
    count: u64,
}

#[rcv]
impl Counter {
    fn add(&mut self) {
        self.count += 1;
    }
    fn count(&self) -> u64 {
        self.count
    }
    #[rcv(local)]
    async fn hang(&mut self, begun: oneshot::Sender<()>) -> u64 {
        begun.send(()).unwrap();
        std::future::pending().await
    }
}

fn is_shutdown<T>(answer: &Result<T, CallError>) -> bool {
    answer.as_ref().is_err_and(|error| error.reason().is_some_and(|r| r.kind() == "shutdown"))
}

/// All that waits on a node of `one`, which then ends, is told so in another runtime.
fn everybody_is_told(one: Runtime) {
    let (node, port, block) = one.block_on(async {
        let node = Node::local();
        let port = node.port(Counter::default());
        port.add();
        assert_eq!(port.count().await, Ok(1));
        let block = node.port_async(|mut me| async move {
            me.recv().await?;
            Ok(())
        });
        (node, port, block)
    });
    let busy = node.port(Counter::default());
    let (begun, begins) = oneshot::channel();
    let answer = busy.hang(begun);
    one.block_on(begins).unwrap();
    let ends = [death(&node, &port), death(&node, &block), death(&node, &busy)];
    let own_end = death(&node, &node);
    node.after(Duration::from_secs(3600), &port, ("add",));
    one.shutdown_background();

    Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        for end in ends.into_iter().chain([own_end]) {
            assert_eq!(end.reason().await.kind(), "shutdown");
        }
        assert!(is_shutdown(&soon("an answer", answer).await));
        assert!(is_shutdown(&soon("an answer", port.count()).await));
        assert!(is_shutdown(&soon("an answer", node.cal::<(u64,)>(&port, ("count",))).await));
        assert!(node.is_shut_down());
        assert_eq!(node.port_count(), 0);
        let late = node.port(Counter::default());
        assert!(is_shutdown(&soon("an answer", late.count()).await));
        assert!(soon("a result", late.peval(|_, _| Ok(()))).await.is_err());
        let gone = format!("{}#none", node.id());
        assert_eq!(death(&node, gone).reason().await.kind(), "shutdown");
        let before = node.dropped().dead_port;
        port.add();
        assert_eq!(node.dropped().dead_port, before + 1);
        soon("the end", node.shutdown(Duration::MAX)).await;
    });
}

#[test]
fn of_several_threads() {
    everybody_is_told(Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());
}

#[test]
fn of_one_thread() {
    everybody_is_told(Builder::new_current_thread().enable_all().build().unwrap());
}

/// Those who watch its ports from other nodes are told, too.
#[test]
fn a_node_with_connections() {
    let network = aemp_actor::Memory::new();
    let config = |id: &str| {
        let config =
            Config::new().nodeid(id).secret(crate::support::SECRET).transport(network.clone());
        config.bind(format!("mem:{id}"))
    };
    let (one, two) = (Runtime::new().unwrap(), Runtime::new().unwrap());
    let far = one.block_on(Node::configure(config("far"))).unwrap();
    let near = two.block_on(Node::configure(config("near").seed("mem:far"))).unwrap();
    let port = far.port(Counter::default());
    two.block_on(async {
        assert_eq!(near.cal::<(u64,)>(port.id(), ("count",)).await, Ok((0,)));
        let end = death(&near, port.id());
        assert_eq!(near.cal::<(u64,)>(port.id(), ("count",)).await, Ok((0,)));
        tokio::task::spawn_blocking(move || one.shutdown_background()).await.unwrap();
        let kind = end.reason().await.kind().to_owned();
        assert!(["shutdown", "transport_error"].contains(&&*kind), "{kind}");
        soon("the end", far.shutdown(Duration::MAX)).await;
        soon("the end", near.shutdown(Duration::from_secs(60))).await;
    });
}
