//! Init functions: ports made by name, whose ID is known before they run.

use std::sync::Mutex;
use std::time::Duration;

use aemp_actor::PortRef;
use aemp_actor::prelude::*;
use tokio::sync::{Notify, oneshot};

#[derive(Default, Port)]
struct Session {
    nick: String,
    lines: Vec<String>,
}

#[rcv]
impl Session {
    fn say(&mut self, text: String) {
        self.lines.push(format!("{}: {text}", self.nick));
    }
    fn lines(&self) -> Vec<String> {
        self.lines.clone()
    }
}

#[init("local_init::session")]
fn session(ctx: &mut Init, client: Option<PortId>, nick: String) -> Session {
    if let Some(client) = client {
        ctx.link(&client);
        ctx.snd(&client, ("welcome", ctx.id()));
    }
    Session { nick, lines: Vec::new() }
}

#[init("local_init::careful")]
async fn careful(nick: String, rest: Rest) -> Result<Session, Die> {
    tokio::task::yield_now().await;
    if nick.is_empty() {
        return Err(die!("a session needs a nick"));
    }
    let lines = rest.iter().map(ToString::to_string).collect();
    Ok(Session { nick, lines })
}

#[init("local_init::confused")]
fn confused(ctx: &mut Init) -> Session {
    ctx.rcv("say", |_, (_,): (String,)| {});
    Session::default()
}

#[init("local_init::counter")]
fn counter(ctx: &mut Init, start: u64) {
    let mut count = start;
    ctx.rcv("count", move |ctx, (reply,): (PortId,)| {
        count += 1;
        ctx.snd(reply, (count,));
    });
    ctx.rcv("replaced", |ctx, ()| ctx.stop("not replaced"));
    ctx.rcv("replaced", |ctx, ()| ctx.stop("replaced"));
    ctx.rcv("removed", |ctx, ()| ctx.stop("not removed"));
    ctx.rcv_off("removed");
    ctx.rcv_default(|ctx, msg| ctx.stop(("default", msg.tag())));
}

#[init("local_init::fallible_counter")]
fn fallible_counter(ctx: &mut Init, start: i64) -> Result<(), Die> {
    let start = u64::try_from(start)?;
    ctx.rcv("start", move |ctx, (reply,): (PortId,)| ctx.snd(reply, (start,)));
    Ok(())
}

#[init("local_init::stops")]
fn stops(ctx: &mut Init, how: String) -> Session {
    match how.as_str() {
        "normally" => ctx.stop(()),
        "badly" => ctx.stop(("own", "reason")),
        _ => ctx.kil(ctx.id(), ("own", "kil")),
    }
    Session::default()
}

/// Lets `slow` go on.
static GO_ON: Notify = Notify::const_new();
/// What `slow` has done.
static DONE: Mutex<Vec<&str>> = Mutex::new(Vec::new());

#[init("local_init::slow")]
async fn slow() -> Session {
    DONE.lock().unwrap().push("begun");
    GO_ON.notified().await;
    DONE.lock().unwrap().push("ended");
    Session { nick: "slow".into(), lines: Vec::new() }
}

/// Watches the port and gives its end.
fn end_of(node: &Node, port: impl Into<PortId>) -> impl Future<Output = String> {
    let (tell, told) = oneshot::channel();
    node.mon(port, move |reason: Reason| tell.send(reason).unwrap_or(()));
    async move {
        let told = tokio::time::timeout(Duration::from_secs(60), told).await;
        told.expect("a monitor fires within a minute").unwrap().to_string()
    }
}

#[tokio::test]
async fn messages_and_monitors_may_follow_at_once() {
    let node = Node::local();
    let typed: SessionRef = session.on(&node, node.id(), (None, "joe".into()));
    typed.say("hello");
    assert_eq!(typed.lines().await.unwrap(), ["joe: hello"]);
    let id = node.spawn(&node, "local_init::session", ((), "ann"));
    node.snd(&id, ("say", "hi"));
    let end = end_of(&node, &id);
    assert_eq!(SessionRef::at(&node, &id).lines().await.unwrap(), ["ann: hi"]);
    node.kil(&id, "enough");
    assert_eq!(end.await, "enough");
    assert_eq!(session.name(), "local_init::session");
}

#[tokio::test]
async fn the_function_runs_in_the_context_of_its_port() {
    let node = Node::local();
    let (tx, welcomed) = oneshot::channel();
    let mut tx = Some(tx);
    let client = node.port_fn(move |_, msg| {
        let id: PortId = msg.arg(0).unwrap();
        tx.take().unwrap().send(id).unwrap();
    });
    let port = node.spawn(&node, "local_init::session", (&client, "joe"));
    assert_eq!(welcomed.await.unwrap(), port);
    let end = end_of(&node, &port);
    client.kil("client");
    assert_eq!(end.await, "client");
}

#[tokio::test]
async fn it_may_fail() {
    let node = Node::local();
    let ok = careful.on(&node, node.id(), ("joe".into(),));
    assert_eq!(ok.lines().await.unwrap(), [""; 0]);
    let ok = node.spawn(&node, "local_init::careful", ("joe", 1, "two"));
    assert_eq!(SessionRef::at(&node, ok).lines().await.unwrap(), ["1", "\"two\""]);
    let end = end_of(&node, careful.on(&node, node.id(), (String::new(),)));
    assert_eq!(end.await, "die: a session needs a nick");
    let end = end_of(&node, node.spawn(&node, "local_init::careful", ([1],))).await;
    assert!(end.starts_with("die: ") && end.contains("(nick)"), "{end}");
    let end = end_of(&node, node.spawn(&node, "local_init::nonesuch", ())).await;
    assert!(end.starts_with("die: ") && end.contains("local_init::nonesuch"), "{end}");
    assert_eq!(node.port_count(), 2);
}

#[tokio::test]
async fn one_that_returns_nothing_makes_a_closure_port() {
    let node = Node::local();
    let port = counter.on(&node, node.id(), (5,));
    assert_eq!(node.cal::<(u64,)>(&port, ("count",)).await, Ok((6,)));
    port.rcv("count", |ctx, (reply,): (PortId,)| ctx.snd(reply, ("another",))).unwrap();
    assert_eq!(node.cal::<(String,)>(&port, ("count",)).await, Ok(("another".into(),)));
    for (tag, expected) in [("replaced", "replaced"), ("removed", "default: removed")] {
        let port = counter.on(&node, node.id(), (5,));
        let end = end_of(&node, &port);
        node.snd(&port, (tag,));
        assert_eq!(end.await, expected);
    }
    let port = node.spawn(&node, "local_init::fallible_counter", (3,));
    assert_eq!(node.cal::<(u64,)>(&port, ("start",)).await, Ok((3,)));
    let end = end_of(&node, fallible_counter.on(&node, node.id(), (-3,))).await;
    assert!(end.starts_with("die: out of range"), "{end}");
}

#[tokio::test]
async fn it_may_end_its_port() {
    let node = Node::local();
    let cases = [("normally", "normal"), ("badly", "own: reason"), ("by kil", "own: kil")];
    for (how, expected) in cases {
        let end = end_of(&node, stops.on(&node, node.id(), (how.into(),)));
        assert_eq!(end.await, expected);
    }
    assert_eq!(node.port_count(), 0);
}

#[tokio::test]
async fn a_slow_one_makes_its_messages_wait_and_dies_with_its_node() {
    let node = Node::local();
    let (one, two) = (slow.on(&node, node.id(), ()), node.spawn(&node, "local_init::slow", ()));
    one.say("early");
    let lines = one.lines();
    while DONE.lock().unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
    GO_ON.notify_one();
    assert_eq!(lines.await.unwrap(), ["slow: early"]);
    assert_eq!(*DONE.lock().unwrap(), ["begun", "begun", "ended"]);
    let end = end_of(&node, &two);
    node.shutdown(Duration::ZERO).await;
    assert!(end.await.starts_with("shutdown"));
    GO_ON.notify_one();
    // After that, no function is run.
    let end = end_of(&node, slow.on(&node, node.id(), ()));
    assert!(end.await.starts_with("shutdown"));
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(*DONE.lock().unwrap(), ["begun", "begun", "ended"]);
}

#[tokio::test]
async fn handlers_for_a_port_that_has_none_are_an_error() {
    let node = Node::local();
    let port = node.spawn(node.id(), "local_init::confused", ());
    let (tell, told) = oneshot::channel();
    node.mon(&port, move |reason: Reason| drop(tell.send(reason)));
    let reason = tokio::time::timeout(Duration::from_secs(60), told).await.unwrap().unwrap();
    assert!(
        reason.kind() == "die" && reason.text().contains("returns no local::init::Session"),
        "{reason}"
    );
}
