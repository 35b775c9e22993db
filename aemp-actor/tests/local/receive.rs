//! Receive-style ports: an async block that takes the messages it wants.

use std::sync::Arc;
use std::time::Duration;

use aemp_actor::ReceiveError;
use aemp_actor::prelude::*;
use tokio::sync::{mpsc, oneshot};

/// Watches the port and gives its end.
fn end_of<P: Into<PortId>>(node: &Node, port: P) -> impl Future<Output = String> + use<P> {
    let (tell, told) = oneshot::channel();
    node.mon(port, move |reason: Reason| tell.send(reason).unwrap_or(()));
    async move { told.await.unwrap().to_string() }
}

#[tokio::test]
async fn messages_are_taken_by_tag_in_any_order() {
    let node = Node::local();
    let (tx, mut rx) = mpsc::unbounded_channel();
    let port = node.port_async(move |mut me| async move {
        let (three,): (u8,) = me.get("three").await?;
        let (one, text): (u8, Option<String>) = me.get("one").await?;
        let next = me.recv().await?;
        let (again,): (u8,) = me.get("one").await?;
        tx.send(format!("{three} {one} {text:?} {next} {again}"))?;
        Ok(())
    });
    let end = end_of(&node, &port);
    for (tag, n) in [("one", 1), ("two", 2), ("one", 11), ("three", 3)] {
        node.snd(&port, (tag, n));
    }
    assert_eq!(rx.recv().await.unwrap(), r#"3 1 None ["two",2] 11"#);
    assert_eq!(end.await, "normal");
    assert_eq!(node.port_count(), 0);
}

#[tokio::test]
async fn messages_are_taken_by_condition() {
    let node = Node::local();
    let (tx, mut rx) = mpsc::unbounded_channel();
    let port = node.port_async(move |mut me| async move {
        let (from, path): (PortId, String) = me.get("write_file").await?;
        let mut looked = 0;
        loop {
            let wanted = |m: &Message| {
                looked += 1;
                m.arg_is(0, &from) && (m.tag() == "data" || m.tag() == "end")
            };
            match me.get_cond(wanted).await? {
                end if end.tag() == "end" => break,
                data => tx.send(data.arg::<String>(1)?)?,
            }
        }
        tx.send(format!("{path} {looked} {}", me.recv().await?))?;
        Ok(())
    });
    node.snd(&port, ("data", "b#2", "early"));
    node.snd(&port, ("write_file", "a#1", "path"));
    node.snd(&port, ("data", "a#1", "one"));
    node.snd(&port, ("data", "b#2", "other"));
    node.snd(&port, ("data", "a#1", "two"));
    node.snd(&port, ("end", "a#1"));
    assert_eq!(rx.recv().await.unwrap(), "one");
    assert_eq!(rx.recv().await.unwrap(), "two");
    let last = rx.recv().await.unwrap();
    assert!(last.starts_with("path ") && last.ends_with(r#"["data","b#2","early"]"#), "{last}");
}

#[tokio::test(start_paused = true)]
async fn waiting_has_a_deadline_if_one_is_set() {
    let node = Node::local();
    let (tx, mut rx) = mpsc::unbounded_channel();
    let port = node.port_async(move |mut me| async move {
        let begun = tokio::time::Instant::now();
        let error = me.get::<()>("never").timeout(Duration::from_secs(5)).await.unwrap_err();
        tx.send(format!("{error} {}", begun.elapsed().as_secs()))?;
        // What came meanwhile is still there.
        me.get::<()>("other").timeout(Duration::ZERO).await?;
        me.get::<()>("late").timeout(Duration::from_secs(3600)).await?;
        tx.send(format!("late {}", begun.elapsed().as_secs()))?;
        me.get_cond(|_| false).timeout(Duration::from_secs(1)).await?;
        Ok(())
    });
    let end = end_of(&node, &port);
    node.snd(&port, ("other",));
    node.after(Duration::from_secs(20), &port, ("late",));
    assert_eq!(rx.recv().await.unwrap(), "no such message within 5s 5");
    assert_eq!(rx.recv().await.unwrap(), "late 20");
    assert_eq!(end.await, "die: no such message within 1s");
}

#[tokio::test]
async fn wrong_arguments_are_an_error_of_the_block() {
    let node = Node::local();
    let (tx, rx) = oneshot::channel();
    let port = node.port_async(move |mut me| async move {
        let error = me.get::<(u8,)>("number").await.unwrap_err();
        assert!(matches!(error, ReceiveError::Arguments(_)));
        drop(tx.send(error.to_string()));
        me.get::<(u8,)>("number").await?;
        Ok(())
    });
    let end = end_of(&node, &port);
    node.snd(&port, ("number", "x"));
    let text = rx.await.unwrap();
    assert!(text.contains(r#""number""#) && text.contains("u8"), "{text}");
    node.snd(&port, ("number", "y"));
    let end = end.await;
    assert!(end.starts_with("die: message \"number\""), "{end}");
}

#[tokio::test]
async fn errors_and_panics_of_the_block_kill_the_port() {
    let node = Node::local();
    let failing = node.port_async(|mut me| async move {
        me.recv().await?;
        Err(die!("{} fails", me.id()))
    });
    let panicking = node.port_async(|mut me| async move {
        let message = me.recv().await?;
        assert_eq!(message.tag(), "", "the block panics");
        Ok(())
    });
    let at_once = node.port_async(|me| {
        assert!(me.id().is_node(), "before the block");
        async { Ok(()) }
    });
    let in_cond = node.port_async(|mut me| async move {
        me.get_cond(|message| -> bool { panic!("in the condition: {}", message.tag()) }).await?;
        Ok(())
    });
    let ends = [&failing, &panicking, &at_once, &in_cond].map(|port| end_of(&node, port));
    for port in [&failing, &panicking, &at_once, &in_cond] {
        node.snd(port, ("x",));
    }
    let [one, two, three, four] = ends;
    assert_eq!(one.await, format!("die: {failing} fails"));
    assert!(two.await.contains("the block panics"));
    let three = three.await;
    assert!(three.contains("before the block") || three.starts_with("no_such_port"), "{three}");
    assert_eq!(four.await, "die: panicked: in the condition: x");
    assert_eq!(node.port_count(), 0);
}

#[tokio::test]
async fn a_kil_ends_the_block_where_it_waits() {
    let node = Node::local();
    let held = Arc::new(());
    let hold = held.clone();
    let port = node.port_async(move |mut me| async move {
        let waited = me.get::<()>("never").await;
        drop(hold);
        Ok(waited?)
    });
    let end = end_of(&node, &port);
    node.snd(&port, ("other",));
    node.kil(&port, ("own", "reason"));
    assert_eq!(end.await, "own: reason");
    while Arc::strong_count(&held) > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(node.port_count(), 0);
}

#[tokio::test]
async fn a_kil_comes_after_the_messages_before_it() {
    let node = Node::local();
    let port = node.port_async(|mut me| async move {
        me.get::<()>("end").await?;
        Err(die!("not killed"))
    });
    tokio::task::yield_now().await;
    let end = end_of(&node, &port);
    node.kil(&port, ());
    node.snd(&port, ("end",));
    assert_eq!(end.await, "normal");
}

#[tokio::test]
async fn it_can_do_what_other_ports_can() {
    let node = Node::local();
    let other = node.port_fn(|ctx, msg| -> Result<(), Die> {
        ctx.snd(msg.arg::<PortId>(0)?, ("pong",));
        Ok(())
    });
    let (other, id) = (other.clone(), PortId::from(&other));
    let (tx, rx) = oneshot::channel();
    let port = node.port_async(move |mut me| async move {
        me.mon(&id, ("gone", 7));
        let (pong,): (String,) = me.cal(&id, ("ping",)).await?;
        me.snd(&id, ("ping", me.id()));
        me.get::<()>("pong").await?;
        me.kil(&id, ("own", "reason"));
        let gone = me.recv().await?;
        drop(tx.send(format!("{pong} {gone}")));
        me.link(&id);
        me.recv().await?;
        Ok(())
    });
    let end = end_of(&node, &port);
    assert_eq!(rx.await.unwrap(), r#"pong ["gone",7,"own","reason"]"#);
    assert!(end.await.starts_with("no_such_port"), "the link to a dead port kills");
    drop(other);
}

#[tokio::test]
async fn dropping_a_wait_takes_nothing() {
    let node = Node::local();
    let (tx, rx) = oneshot::channel();
    let port = node.port_async(move |mut me| async move {
        for _ in 0..10 {
            tokio::select! {
                biased;
                _ = std::future::ready(()) => {}
                _ = me.get::<()>("x") => unreachable!("it is never polled"),
            }
            tokio::select! {
                biased;
                taken = me.get::<()>("y") => unreachable!("{taken:?} was never sent"),
                () = tokio::task::yield_now() => {}
            }
        }
        let (n,): (u8,) = me.get("x").await?;
        tx.send(n).map_err(|n| die!("nobody waits for {n}"))
    });
    node.snd(&port, ("x", 7));
    assert_eq!(rx.await, Ok(7));
}
