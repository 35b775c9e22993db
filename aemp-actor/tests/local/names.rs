//! Well-known names of ports.

use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{NameError, ReceivePortRef, kind};

use crate::support::{death, sink};

#[derive(Port, Default)]
struct Counter {
    count: u64,
}

#[rcv]
impl Counter {
    fn add(&mut self, n: u64) {
        self.count += n;
    }

    fn count(&self) -> u64 {
        self.count
    }

    /// Asks itself by its name.
    async fn ask(&mut self, ctx: &mut Ctx<Self>) -> String {
        let own = format!("{}#counter", ctx.node().id());
        let answer = ctx.node().cal::<(u64,)>(own, ("count",)).await;
        answer.expect_err("it cannot answer now").to_string()
    }
}

#[tokio::test]
async fn a_port_is_reached_by_its_name() {
    let node = Node::local();
    let counter = node.port(Counter::default());
    let id = node.name(&counter, "counter").unwrap();
    assert_eq!(id.to_string(), format!("{}#counter", node.id()));
    node.snd(&id, ("add", 40));
    counter.add(1);
    CounterRef::at(&node, &id).add(1);
    assert_eq!(node.cal::<(u64,)>(&id, ("count",)).await, Ok((42,)));
    assert_eq!(CounterRef::at(&node, &id), counter, "the handle is that of the port");
    assert_eq!(node.name(&counter, "counter"), Ok(id.clone()), "it has it already");
    let second = node.name(&counter, "second:name").unwrap();
    assert_eq!(node.cal::<(u64,)>(&second, ("count",)).await, Ok((42,)));
    let itself = counter.ask().await.unwrap();
    assert!(itself.contains("waits for itself"), "{itself}");
}

#[tokio::test]
async fn a_name_is_free_when_anybody_is_told_of_the_death() {
    let node = Node::local();
    let counter = node.port(Counter::default());
    let id = node.name(&counter, "counter").unwrap();
    node.name(&counter, "another").unwrap();
    let (told, mut renamed) = tokio::sync::mpsc::unbounded_channel();
    let (next, other) = (node.port(Counter { count: 7 }), node.clone());
    let heir = next.clone();
    node.mon(&id, move |_| told.send(other.name(&heir, "counter")).unwrap());
    let by_name = death(&node, &id);
    node.kil(&id, ("enough", "of it"));
    assert_eq!(by_name.text().await, "enough: of it");
    assert_eq!(renamed.recv().await.unwrap(), Ok(id.clone()));
    assert_eq!(node.cal::<(u64,)>(&id, ("count",)).await, Ok((7,)));
    let another = format!("{}#another", node.id());
    assert_eq!(death(&node, another).reason().await.kind(), kind::NO_SUCH_PORT);
    next.kil(());
    death(&node, &next).reason().await;
    assert_eq!(death(&node, &id).reason().await.kind(), kind::NO_SUCH_PORT);
}

#[tokio::test]
async fn what_is_no_name_is_an_error() {
    let node = Node::local();
    let (one, two) = (node.port(Counter::default()), node.port(Counter::default()));
    node.name(&one, "counter").unwrap();
    let taken = node.name(&two, "counter").unwrap_err();
    assert_eq!(taken, NameError::Taken { name: "counter".into(), port: one.id() });
    let taken = |name: &str| matches!(node.name(&two, name), Err(NameError::Taken { .. }));
    assert!(taken("counter"), "still");
    let own = one.id().port().to_owned();
    let prefix = own.split_once('.').unwrap().0;
    let drawn = format!("{prefix}.vvvvv");
    let long = "x".repeat(257);
    for name in ["", "a b", "a#b", "ü", "k?", &long, &own, &drawn] {
        let illegal = NameError::Illegal { name: name.into() };
        assert_eq!(node.name(&two, name), Err(illegal), "{name}");
    }
    node.name(&two, "x".repeat(256)).unwrap();
    for port in [PortId::from("elsewhere#1"), PortId::of_node(node.id())] {
        assert_eq!(node.name(&port, "n"), Err(NameError::NoSuchPort { port }));
    }
    two.kil(());
    death(&node, &two).reason().await;
    assert_eq!(node.name(&two, "n"), Err(NameError::NoSuchPort { port: two.id() }));
    node.name(&one, "n").unwrap();
}

#[init("Names::stranger")]
fn stranger() -> Counter {
    Counter::default()
}

/// Nodes choose the names of the ports that they spawn on others.
#[tokio::test]
async fn a_spawned_port_does_not_take_a_name() {
    let node = Node::local();
    let spawn = |name: &str| node.snd(&node, ("AnyEvent::MP::_spawn", name, "Names::stranger"));
    let (one, taken) = (node.port(Counter { count: 7 }), format!("{}#counter", node.id()));
    node.name(&one, "counter").unwrap();
    spawn("counter");
    assert_eq!(node.cal::<(u64,)>(&taken, ("count",)).await, Ok((7,)));
    one.kil(());
    death(&node, &one).reason().await;
    assert_eq!(death(&node, &taken).reason().await.kind(), kind::NO_SUCH_PORT);
    spawn("counter");
    assert_eq!(node.cal::<(u64,)>(&taken, ("count",)).await, Ok((0,)));
    let other = node.port(Counter::default());
    let error = node.name(&other, "counter").unwrap_err();
    assert!(matches!(error, NameError::Taken { .. }), "{error}");
}

#[tokio::test]
async fn a_port_that_receives_has_a_handle_and_may_have_a_name() {
    let node = Node::local();
    let mut sink = sink(&node);
    let to = PortId::from(&sink);
    let port: ReceivePortRef = node.port_async(async move |mut me: Me| {
        loop {
            let (text,): (String,) = me.get("say").await?;
            me.snd(&to, ("said", text));
        }
    });
    let name = node.name(&port, "receiver").unwrap();
    node.snd(name, ("say", "by name"));
    assert_eq!(sink.next().await, r#"["said","by name"]"#);
    port.snd(("say", "by handle"));
    assert_eq!(sink.next().await, r#"["said","by handle"]"#);
    let no_code = port.peval(|_, _| Ok(())).await.unwrap_err();
    assert!(no_code.to_string().contains("in an async block"), "{no_code}");
    let end = port.stop(Duration::from_secs(5)).await;
    assert!(end.is_normal(), "{end}");
}

#[tokio::test]
async fn handlers_are_set_in_a_chain() -> Result<(), Box<dyn std::error::Error>> {
    let node = Node::local();
    let port = node
        .port_fn(|_, _| ())
        .rcv("one", |ctx, (reply,): (PortId,)| ctx.snd(reply, (1,)))?
        .rcv("sum", |ctx, (first, rest): (u64, Rest)| -> Result<(), Die> {
            let (reply, numbers) = rest.split_last().ok_or(die!("nobody asks"))?;
            let numbers: Result<Vec<u64>, _> =
                numbers.iter().cloned().map(aemp_actor::from_value).collect();
            let reply: PortId = aemp_actor::from_value(reply.clone())?;
            ctx.snd(reply, (first + numbers?.iter().sum::<u64>(),));
            Ok(())
        })?;
    let (one, rest): (u64, Rest) = node.cal(&port, ("one",)).await?;
    assert_eq!((one, rest.len()), (1, 0));
    assert_eq!(node.cal::<(u64,)>(&port, ("sum", 1, 2, 3)).await?, (6,));
    Ok(())
}

/// Nobody is left in the dark about a handle that leads nowhere.
#[tokio::test]
async fn a_monitor_by_a_handle_without_a_node_is_called_at_once() {
    // Of the only node of a process it would be sent from there.
    let _nodes = (Node::local(), Node::local());
    let (tell, told) = std::sync::mpsc::channel();
    let handle = CounterRef::from(PortId::from("nowhere#1"));
    let token = handle.mon(move |reason: Reason| drop(tell.send(reason)));
    let reason = told.try_recv().expect("it was called");
    assert_eq!(reason.kind(), kind::NO_SUCH_NODE, "{reason}");
    assert_eq!(*token.target(), "nowhere#1");
    token.cancel();
}
