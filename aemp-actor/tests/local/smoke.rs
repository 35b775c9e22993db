//! Closure ports on one node and between two.

use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{Memory, PortRef};
use tokio::sync::mpsc;

fn config(id: &str, network: &Memory) -> Config {
    Config::new()
        .nodeid(id)
        .secret(crate::support::SECRET)
        .transport(network.clone())
        .bind(format!("mem:{id}"))
}

#[tokio::test]
async fn closure_ports_answer() {
    let node = Node::local();
    let echo = node.port_fn(|ctx, msg| -> Result<(), Die> {
        let reply: PortId = msg.arg(0)?;
        ctx.snd(reply, ("pong", 7));
        Ok(())
    });
    let (pong, n): (String, u32) = node.cal(&echo, ("ping",)).await.unwrap();
    assert_eq!((pong.as_str(), n), ("pong", 7));
}

#[tokio::test]
async fn two_nodes_talk_and_notice_death() {
    let network = Memory::new();
    let a = Node::configure(config("a", &network)).await.unwrap();
    let b = Node::configure(config("b", &network).seed("mem:a")).await.unwrap();
    b.wait_up("a").await;
    let (tx, mut rx) = mpsc::unbounded_channel();
    let sink = b.port_fn(move |_, msg| drop(tx.send(msg.to_string())));
    a.snd(&sink, ("hello", 1, "two"));
    assert_eq!(rx.recv().await.unwrap(), r#"["hello",1,"two"]"#);
    let (died, reason) = tokio::sync::oneshot::channel();
    a.mon(&sink, move |r: Reason| drop(died.send(r)));
    let (time,): (f64,) = a.cal("b", ("time",)).await.unwrap();
    assert!(time > 1e9);
    sink.kil(("my_error", "bye"));
    assert_eq!(reason.await.unwrap().to_string(), "my_error: bye");
    let (died, reason) = tokio::sync::oneshot::channel();
    a.mon("b#nonesuch", move |r: Reason| drop(died.send(r)));
    assert_eq!(reason.await.unwrap().kind(), "no_such_port");
    let (died, reason) = tokio::sync::oneshot::channel();
    a.mon("b", move |r: Reason| drop(died.send(r)));
    tokio::time::sleep(Duration::from_millis(10)).await;
    drop(b);
    println!("{}", reason.await.unwrap());
}
