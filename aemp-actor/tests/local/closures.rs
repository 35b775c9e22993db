//! Ports made of closures, whose handlers come and go at run time.

use std::sync::Arc;
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{FnPortRef, PortRef, RcvError};
use tokio::sync::{mpsc, oneshot};

/// A port without handlers beyond one that notes the tags it gets.
fn noting(node: &Node) -> (FnPortRef, mpsc::UnboundedReceiver<String>) {
    let (tx, rx) = mpsc::unbounded_channel();
    (node.port_fn(move |_, msg| tx.send(format!("default {}", msg.tag())).unwrap_or(())), rx)
}

/// The next note.
async fn next(notes: &mut mpsc::UnboundedReceiver<String>) -> String {
    let next = tokio::time::timeout(Duration::from_secs(60), notes.recv()).await;
    next.expect("a note within a minute").expect("the port lives")
}

/// Why the port died.
async fn end_of(node: &Node, port: impl Into<PortId>) -> Reason {
    let (tell, told) = oneshot::channel();
    node.mon(port, move |reason: Reason| tell.send(reason).unwrap_or(()));
    told.await.expect("a monitor fires")
}

#[tokio::test]
async fn the_first_closure_gets_everything() {
    let node = Node::local();
    let (port, mut notes) = noting(&node);
    node.snd(&port, ("a",));
    port.snd(("b", 1));
    port.tell(Message::new(&("c",)).unwrap());
    node.snd(&port, ());
    node.snd(&port, 17);
    for expected in ["default a", "default b", "default c", "default ", "default 17"] {
        assert_eq!(next(&mut notes).await, expected);
    }
}

#[tokio::test]
async fn handlers_are_added_replaced_and_removed_in_order_with_messages() {
    let node = Node::local();
    let (port, mut notes) = noting(&node);
    let (tx, _) = (mpsc::unbounded_channel::<String>(), ());
    let note = |text: &'static str| {
        let tx = tx.0.clone();
        move |_: &mut Ctx<_>, (n,): (u32,)| tx.send(format!("{text} {n}")).unwrap_or(())
    };
    node.snd(&port, ("tag", 1));
    port.rcv("tag", note("first")).unwrap();
    node.snd(&port, ("tag", 2));
    node.rcv(port.id(), "tag", note("second")).unwrap();
    node.snd(&port, ("tag", 3));
    node.snd(&port, ("other", 4));
    node.rcv_off(&port, "tag").unwrap();
    node.snd(&port, ("tag", 5));
    port.rcv("tag", note("third")).unwrap();
    port.rcv_off("never there").unwrap();
    node.snd(&port, ("tag", 6));
    assert_eq!(next(&mut notes).await, "default tag");
    assert_eq!(next(&mut notes).await, "default other");
    assert_eq!(next(&mut notes).await, "default tag");
    let mut tagged = tx.1;
    for expected in ["first 2", "second 3", "third 6"] {
        assert_eq!(next(&mut tagged).await, expected);
    }
}

#[tokio::test]
async fn handlers_change_handlers_from_the_next_message_on() {
    let node = Node::local();
    let (tx, mut notes) = mpsc::unbounded_channel();
    let port = node.port_fn(move |ctx, msg| {
        let (one, two, three) = (tx.clone(), tx.clone(), tx.clone());
        tx.send(format!("default {}", msg.tag())).unwrap_or(());
        ctx.rcv("a", move |ctx, ()| {
            one.send("a".to_owned()).unwrap_or(());
            // It replaces itself, and goes on until it returns.
            let again = one.clone();
            ctx.rcv("a", move |_, ()| again.send("a again".to_owned()).unwrap_or(()));
            one.send("a still".to_owned()).unwrap_or(());
        });
        ctx.rcv("b", move |ctx, ()| {
            two.send("b".to_owned()).unwrap_or(());
            ctx.rcv_off("b");
        });
        ctx.rcv_default(move |_, msg| three.send(format!("other {}", msg.tag())).unwrap_or(()));
    });
    for tag in ["a", "a", "a", "b", "b"] {
        node.snd(&port, (tag,));
    }
    let expected = ["default a", "a", "a still", "a again", "b", "other b"];
    for expected in expected {
        assert_eq!(next(&mut notes).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn callbacks_change_handlers_too() {
    let node = Node::local();
    let (port, mut notes) = noting(&node);
    let (tx, mut tagged) = mpsc::unbounded_channel();
    let dead = PortId::from(format!("{}#dead", node.id()));
    let add = move |ctx: &mut Ctx<_>, tag: &'static str| {
        let tx = tx.clone();
        ctx.rcv(tag, move |_, ()| tx.send(tag.to_owned()).unwrap_or(()));
    };
    let (add1, add2, add3, add4) = (add.clone(), add.clone(), add.clone(), add);
    let (fired, told) = oneshot::channel();
    let sub = port.peval(move |_, ctx| {
        add1(ctx, "peval");
        ctx.mon(dead, move |_, ctx, _| {
            add2(ctx, "mon");
            fired.send(()).unwrap_or(());
        });
        ctx.after(Duration::from_secs(1), move |_, ctx| add3(ctx, "after"));
        Ok(ctx.psub(move |_, ctx, ()| add4(ctx, "psub")))
    });
    let sub = sub.await.unwrap();
    sub(());
    told.await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    for tag in ["peval", "mon", "after", "psub"] {
        node.snd(&port, (tag,));
        assert_eq!(next(&mut tagged).await, tag);
    }
    assert!(notes.try_recv().is_err(), "the default handler got nothing");
}

#[tokio::test]
async fn without_a_handler_a_message_is_a_bad_one() {
    let node = Node::local();
    let (port, _notes) = noting(&node);
    port.rcv_default(|_, msg| Err(die!("default of {}", msg.tag()))).unwrap();
    node.snd(&port, ("x",));
    assert_eq!(end_of(&node, &port).await.text(), "default of x");

    let port = FnPortRef::at(&node, bare.on(&node, node.id(), ()).id());
    port.rcv("known", |_, ()| {}).unwrap();
    node.snd(&port, ("known",));
    node.snd(&port, ("unknown", 1));
    let text = end_of(&node, &port).await.text();
    assert!(text.contains("unknown") && text.contains("one of known"), "{text}");
}

/// A closure port without any handler.
#[init("local_closures::bare")]
fn bare() {}

#[tokio::test]
async fn arguments_of_other_types_kill_with_a_text() {
    let node = Node::local();
    let (port, _notes) = noting(&node);
    port.rcv("add", |_, (_, _): (u8, Option<u8>)| {}).unwrap();
    node.snd(&port, ("add", "7"));
    node.snd(&port, ("add", 7, 8, 9));
    node.snd(&port, ("add", "seven"));
    let reason = end_of(&node, &port).await;
    let text = reason.text();
    assert_eq!(reason.kind(), "die");
    assert!(text.contains(r#""add""#) && text.contains("u8") && text.contains("seven"), "{text}");
}

#[tokio::test]
async fn only_closure_ports_have_handlers() {
    #[derive(Port)]
    struct Derived;
    #[rcv]
    impl Derived {}
    let node = Node::local();
    let derived = node.port(Derived);
    let dead = PortId::from(format!("{}#dead", node.id()));
    for id in [derived.id(), dead, PortId::from(&node), PortId::from("elsewhere#1")] {
        let error: RcvError = node.rcv(&id, "tag", |_, ()| {}).unwrap_err();
        assert!(error.to_string().contains(&id.to_string()), "{error}");
        assert!(node.rcv_off(&id, "tag").is_err());
    }
    derived.peval(|_, _| Ok(())).await.expect("it lives");
}

#[tokio::test]
async fn a_replaced_handler_is_dropped() {
    let node = Node::local();
    let (port, _notes) = noting(&node);
    let held = Arc::new(());
    for _ in 0..10 {
        let hold = held.clone();
        port.rcv("tag", move |_, ()| {
            let _ = &hold;
        })
        .unwrap();
    }
    port.peval(|_, _| Ok(())).await.unwrap();
    assert_eq!(Arc::strong_count(&held), 2);
    port.rcv_off("tag").unwrap();
    port.peval(|_, _| Ok(())).await.unwrap();
    assert_eq!(Arc::strong_count(&held), 1);
}
