//! Stop hooks, graceful stops, and the shutdown of a node that handles what waits.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{PortOptions, Undelivered};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

use crate::support::{death, log, soon};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Default, PartialEq)]
enum Hook {
    #[default]
    Sends,
    Forwards,
    Panics,
    Fails,
    Hangs,
}

/// A port that tells what it handles, and of its end.
#[derive(Port)]
struct Shop {
    told: mpsc::UnboundedSender<String>,
    hook: Hook,
    other: Option<ShopRef>,
}

#[rcv]
impl Shop {
    async fn hold(&mut self, gate: Gate) {
        if let Some(gate) = gate.0 {
            gate.notified().await;
        }
    }
    fn tell(&mut self, text: String) {
        self.told.send(text).unwrap_or_default();
    }
    fn ask(&self, n: u32) -> u32 {
        n
    }
    fn fail(&mut self) -> Result<(), Die> {
        Err(die!("failed"))
    }
    fn pass(&mut self, to: ShopRef, text: String) {
        to.tell(text);
    }
    #[rcv(local)]
    fn run(&mut self, ctx: &mut Ctx<Self>, code: fn(&mut Self, &mut Ctx<Self>)) {
        code(self, ctx);
    }
    #[rcv(stop)]
    async fn close(
        &mut self,
        ctx: &mut Ctx<Self>,
        reason: Reason,
        undelivered: Undelivered<Self>,
    ) -> Result<(), Die> {
        tokio::task::yield_now().await;
        let count = undelivered.len();
        self.told.send(format!("{} with {count} left", reason.kind())).unwrap_or_default();
        match (self.hook, &self.other) {
            (Hook::Forwards, Some(other)) => undelivered.forward(other),
            (Hook::Panics, _) => panic!("in the hook"),
            (Hook::Fails, _) => return Err(die!("no goodbye")),
            (Hook::Hangs, _) => pending().await,
            (_, Some(other)) => other.tell(format!("goodbye of {}", ctx.id() == ctx.handle().id())),
            _ => {}
        }
        Ok(())
    }
}

/// What a handler waits for.
#[derive(Clone, Default)]
struct Gate(Option<Arc<Notify>>);

impl serde::Serialize for Gate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de> serde::Deserialize<'de> for Gate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer).map(|()| Self(None))
    }
}

fn gate() -> (Arc<Notify>, Gate) {
    let notify = Arc::new(Notify::new());
    (notify.clone(), Gate(Some(notify)))
}

fn shop(
    node: &Node,
    hook: Hook,
    other: Option<ShopRef>,
) -> (ShopRef, mpsc::UnboundedReceiver<String>) {
    let (told, notes) = mpsc::unbounded_channel();
    (node.port(Shop { told, hook, other }), notes)
}

async fn all(mut notes: mpsc::UnboundedReceiver<String>) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(note) = soon("notes", notes.recv()).await {
        all.push(note);
    }
    all
}

#[tokio::test]
async fn the_hook_runs_however_the_port_ends() {
    let node = Node::local();
    for way in ["idle kil", "idle kil_now", "fail", "kil", "kil_now", "stop"] {
        let (port, notes) = shop(&node, Hook::Sends, None);
        let end = death(&node, &port);
        let (go, gate) = gate();
        if !way.starts_with("idle") {
            port.hold(gate);
            port.tell("handled");
        }
        match way {
            "idle kil" | "kil" => port.kil("over"),
            "idle kil_now" | "kil_now" => node.kil_now(&port, "over"),
            "fail" => port.fail(),
            _ => port.run(|_, ctx| ctx.stop("over")).unwrap(),
        }
        if !way.starts_with("idle") {
            port.tell("not handled");
        }
        go.notify_one();
        let reason = end.reason().await;
        assert_eq!(reason.kind(), if way == "fail" { "die" } else { "over" }, "{way}");
        let kind = reason.kind();
        let expected = match way {
            "idle kil" | "idle kil_now" => vec![format!("{kind} with 0 left")],
            // Nothing has been handled yet.
            "kil_now" => vec![format!("{kind} with 2 left")],
            _ => vec!["handled".into(), format!("{kind} with 1 left")],
        };
        assert_eq!(all(notes).await, expected, "{way}");
    }
    // One behind each `kil`, `fail` and `stop`; all that were sent to the port that was to end at once.
    assert_eq!(node.dropped().dead_port, 6);
}

#[tokio::test]
async fn what_the_hook_sends_comes_before_the_news() {
    let node = Node::local();
    let (other, mut notes) = shop(&node, Hook::Sends, None);
    let (port, _own) = shop(&node, Hook::Sends, Some(other.clone()));
    let watching = other.clone();
    other
        .peval(move |_, ctx| {
            ctx.mon(&port, |shop, _, _| shop.told.send("dead".into()).unwrap_or_default());
            port.kil(());
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(soon("words", notes.recv()).await.unwrap(), "goodbye of true");
    assert_eq!(soon("news", notes.recv()).await.unwrap(), "dead");
    drop(watching);
}

#[tokio::test]
async fn undelivered_messages_go_to_another_port_which_answers() {
    let node = Node::local();
    let (heir, mut inherited) = shop(&node, Hook::Sends, None);
    let (port, notes) = shop(&node, Hook::Forwards, Some(heir));
    let (go, gate) = gate();
    port.hold(gate);
    port.fail();
    port.tell("one");
    node.snd(&port, ("tell", "two"));
    let answer = port.ask(7);
    let code = port.peval(|shop, _| Ok(shop.told.send("of another port".into())?));
    go.notify_one();
    assert_eq!(all(notes).await, ["die with 4 left"]);
    soon("the end", code).await.unwrap_err();
    assert_eq!(soon("one", inherited.recv()).await.unwrap(), "one");
    assert_eq!(soon("two", inherited.recv()).await.unwrap(), "two");
    assert_eq!(soon("the answer", answer).await, Ok(7));
    assert_eq!(node.dropped().dead_port, 1, "the code");
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_is_logged_and_ends_nothing() {
    log::start();
    let node = Node::local();
    for (hook, seconds, text) in [
        (Hook::Panics, 0, "panicked: in the hook"),
        (Hook::Fails, 0, "no goodbye"),
        (Hook::Hangs, 5, "did not end within 5s"),
    ] {
        let (port, _notes) = shop(&node, hook, None);
        let end = death(&node, &port);
        let (begun, id) = (Instant::now(), port.id().to_string());
        port.kil("mine");
        assert_eq!(end.reason().await, Reason::from("mine"));
        assert_eq!(begun.elapsed().as_secs(), seconds);
        assert!(log::find(&[&id, text]).is_some(), "{:?}", log::all());
    }
}

#[tokio::test]
async fn a_graceful_stop_handles_what_waits_and_what_tasks_bring() {
    let node = Node::local();
    let (port, notes) = shop(&node, Hook::Sends, None);
    let (go, gate) = gate();
    port.hold(gate);
    port.run(|_, ctx| {
        ctx.spawn_then(tokio::task::yield_now(), |shop, ctx, ()| {
            shop.told.send("of a task".into()).unwrap_or_default();
            ctx.spawn_then(tokio::task::yield_now(), |shop, _, ()| {
                shop.told.send("of another".into()).unwrap_or_default();
            });
        });
    })
    .unwrap();
    port.tell("waits");
    let stopped = port.stop(60 * SECOND);
    port.tell("too late");
    let refused = port.ask(1);
    go.notify_one();
    assert!(soon("the end", stopped).await.is_normal());
    let refused = soon("the refusal", refused).await.unwrap_err();
    assert!(matches!(&refused, CallError::Died { reason, .. } if reason.is_normal()), "{refused}");
    assert_eq!(all(notes).await, ["waits", "of a task", "of another", "normal with 0 left"]);
    assert_eq!(node.dropped().dead_port, 2);
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_takes_too_long_ends_at_the_deadline() {
    let node = Node::local();
    let (port, notes) = shop(&node, Hook::Sends, None);
    let (_go, gate) = gate();
    port.hold(gate);
    port.tell("waits");
    let begun = Instant::now();
    // Nobody has to wait for it.
    drop(port.stop(3 * SECOND));
    let reason = death(&node, &port).reason().await;
    assert_eq!((reason.kind(), begun.elapsed().as_secs()), ("die", 3));
    assert!(reason.text().contains("did not stop within 3s"), "{reason}");
    assert_eq!(all(notes).await, ["die with 1 left"]);
}

#[tokio::test]
async fn a_port_can_stop_itself_gracefully_and_an_idle_one_stops_at_once() {
    let node = Node::local();
    let (port, notes) = shop(&node, Hook::Sends, None);
    let (go, gate) = gate();
    port.hold(gate);
    port.run(|_, ctx| ctx.stop_gracefully(60 * SECOND)).unwrap();
    port.tell("waits");
    go.notify_one();
    assert_eq!(all(notes).await, ["waits", "normal with 0 left"]);
    let (idle, notes) = shop(&node, Hook::Sends, None);
    assert!(soon("the end", idle.stop(60 * SECOND)).await.is_normal());
    assert_eq!(all(notes).await, ["normal with 0 left"]);
    assert_eq!(soon("of a dead one", idle.stop(SECOND)).await.kind(), "no_such_port");
    let block = node.port_fn(|_, _| ());
    block.receive(async |mut me| me.get::<()>("never").await.map_err(Die::from)).unwrap();
    assert!(soon("a block beside handlers", block.stop(60 * SECOND)).await.is_normal());
}

#[tokio::test]
async fn a_shutdown_handles_what_waits_and_what_comes_of_it() {
    let node = Node::local();
    let (one, notes) = shop(&node, Hook::Sends, None);
    let (two, inherited) = shop(&node, Hook::Sends, None);
    let (go, gate) = gate();
    one.hold(gate);
    one.pass(two, "passed on");
    one.tell("waits");
    let (tell, received) = oneshot::channel();
    let block = node.port_async(move |mut me| async move {
        me.get::<()>("begin").await?;
        let (text,): (String,) = me.get("text").await?;
        tell.send(text).unwrap_or_default();
        me.get::<()>("never").await?;
        Ok(())
    });
    node.snd(&block, ("left", 1));
    node.snd(&block, ("text", "received"));
    node.snd(&block, ("begin",));
    let shutdown = tokio::spawn({
        let node = node.clone();
        async move { node.shutdown(crate::support::PATIENCE).await }
    });
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert!(!node.is_shut_down(), "a handler has begun");
    go.notify_one();
    soon("the shutdown", shutdown).await.unwrap();
    assert_eq!(all(notes).await, ["waits", "shutdown with 0 left"]);
    assert_eq!(all(inherited).await, ["passed on", "shutdown with 0 left"]);
    assert_eq!(soon("the block", received).await.unwrap(), "received");
    assert_eq!(node.dropped().dead_port, 1, "what the block did not want");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_no_longer_than_it_is_to() {
    let node = Node::local();
    let (port, notes) = shop(&node, Hook::Sends, None);
    let (_go, gate) = gate();
    port.hold(gate);
    port.tell("waits");
    tokio::task::yield_now().await;
    let begun = Instant::now();
    node.shutdown(8 * SECOND).await;
    // A second is kept for what goes out last.
    assert_eq!(begun.elapsed().as_secs(), 7);
    assert_eq!(all(notes).await, ["shutdown with 1 left"]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_of_zero_handles_nothing_more() {
    let node = Node::local();
    let (port, notes) = shop(&node, Hook::Sends, None);
    let (_go, gate) = gate();
    port.hold(gate);
    port.tell("waits");
    tokio::task::yield_now().await;
    let begun = Instant::now();
    node.shutdown(Duration::ZERO).await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(all(notes).await, ["shutdown with 1 left"]);
}

/// Its own handler would wait for itself.
#[tokio::test(start_paused = true)]
async fn a_handler_may_shut_its_node_down() {
    let node = Node::local();
    let begun = Instant::now();
    let port = node.port_fn_async(async |ctx, _| ctx.node().shutdown(9 * SECOND).await);
    let end = death(&node, &port);
    node.snd(&port, ("go",));
    assert_eq!(end.reason().await.kind(), "shutdown");
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn ports_may_set_their_own_bounds() {
    let node = Node::local();
    let (port, _notes) = shop(&node, Hook::Sends, None);
    let end = death(&node, &port);
    port.run(|_, ctx| ctx.set_options(PortOptions::new().max_messages(1))).unwrap();
    soon("the options", port.ask(1)).await.unwrap();
    let (_go, gate) = gate();
    port.hold(gate);
    for _ in 0..3 {
        port.tell("x");
    }
    assert_eq!(end.reason().await.kind(), "overflow");
}
