//! Mailboxes are bounded, and what exceeds the bound kills the port: a loss is never silent.

use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{DroppedCounts, PortOptions, PortRef};
use tokio::sync::oneshot;

/// A port that can be made to wait.
#[derive(Default, Port)]
struct Slow {
    seen: Vec<u32>,
}

#[rcv]
impl Slow {
    #[rcv(local)]
    async fn wait(&mut self, until: oneshot::Receiver<()>) {
        until.await.unwrap_or(());
    }
    fn note(&mut self, n: u32) {
        self.seen.push(n);
    }
    fn text(&mut self, _text: String) {}
    fn seen(&self) -> Vec<u32> {
        self.seen.clone()
    }
    fn panic(&self) {
        panic!("in the midst of a batch");
    }
    fn again(&mut self, ctx: &mut Ctx<Self>, left: u32) {
        if left > 0 {
            ctx.handle().again(left - 1);
        } else {
            ctx.stop("done");
        }
    }
}

/// Watches the port and gives its end.
fn end_of(node: &Node, port: impl Into<PortId>) -> impl Future<Output = Reason> {
    let (tell, told) = oneshot::channel();
    node.mon(port.into(), move |reason: Reason| tell.send(reason).unwrap_or(()));
    async move {
        let told = tokio::time::timeout(Duration::from_secs(60), told).await;
        told.expect("a monitor fires within a minute").unwrap()
    }
}

/// A port that waits with an empty mailbox, and what lets it go on.
async fn waiting(node: &Node, options: PortOptions) -> (SlowRef, oneshot::Sender<()>) {
    let port = node.port_with(Slow::default(), options);
    let (go, until) = oneshot::channel();
    port.wait(until).unwrap();
    turns().await;
    (port, go)
}

/// Lets every task that is ready have its turns.
async fn turns() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn as_many_as_may_wait_do() {
    let node = Node::local();
    for limit in [1, 2, 64, 65, 1000, 5000] {
        let (port, go) = waiting(&node, PortOptions::new().max_messages(limit)).await;
        (0..limit as u32).for_each(|n| port.note(n));
        go.send(()).unwrap();
        turns().await;
        let seen = port.seen().await.unwrap();
        assert_eq!(seen, (0..limit as u32).collect::<Vec<_>>());
        port.kil(());
    }
    turns().await;
    assert_eq!((node.dropped(), node.port_count()), (DroppedCounts::default(), 0));
}

#[tokio::test]
async fn one_more_kills_with_overflow() {
    let node = Node::local();
    for limit in [1, 7, 64, 200] {
        let before = node.dropped();
        let (port, go) = waiting(&node, PortOptions::new().max_messages(limit)).await;
        let end = end_of(&node, &port);
        (0..limit).for_each(|_| node.snd(&port, ("note", 1)));
        turns().await;
        node.snd(&port, ("note", 1));
        let reason = end.await;
        assert_eq!(reason.kind(), "overflow");
        assert!(reason.text().contains(&port.to_string()), "{reason}");
        assert!(go.is_closed(), "the suspended handler was dropped");
        let dropped = node.dropped();
        assert_eq!(dropped.mailbox_full - before.mailbox_full, 1);
        assert_eq!(dropped.dead_port - before.dead_port, limit as u64);
    }
    assert_eq!(node.port_count(), 0);
}

#[tokio::test]
async fn what_was_handled_does_not_count() {
    let node = Node::local();
    let port = node.port_with(Slow::default(), PortOptions::new().max_messages(8));
    let end = end_of(&node, &port);
    // Eight wait when it begins; each handled one makes room for the next it sends.
    (0..7).for_each(|_| port.note(1));
    port.again(100);
    assert_eq!(end.await.kind(), "done");

    let port = node.port_with(Slow::default(), PortOptions::new().max_messages(8));
    let end = end_of(&node, &port);
    (0..8).for_each(|_| port.again(100));
    assert_eq!(end.await.kind(), "done");
    assert_eq!(node.dropped().mailbox_full, 0);
}

/// A sender with a window as large as the mailbox, or smaller, never overflows it, whatever the bound
/// is and whichever thread it runs on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_as_large_as_the_mailbox_fits() {
    for bound in [1, 2, 100, 1023, 1024, 1025, 5000] {
        let node = Node::local();
        let (ack, mut acks) = tokio::sync::mpsc::unbounded_channel();
        let port = node.port_with(Acking { ack }, PortOptions::new().max_messages(bound));
        let mut on_the_way = 0;
        for _ in 0..20_000 {
            while on_the_way >= bound {
                acks.recv().await.expect("the port lives");
                on_the_way -= 1;
            }
            port.work();
            on_the_way += 1;
        }
        while on_the_way > 0 {
            acks.recv().await.expect("the port lives");
            on_the_way -= 1;
        }
        assert_eq!(node.dropped(), DroppedCounts::default(), "bound {bound}");
    }
}

/// Tells that it has taken a message.
#[derive(Port)]
struct Acking {
    ack: tokio::sync::mpsc::UnboundedSender<()>,
}

#[rcv]
impl Acking {
    fn work(&mut self) {
        self.ack.send(()).unwrap();
    }
}

/// What the port has taken out of the mailbox in one go, and not handled, still waits in it.
#[tokio::test]
async fn what_is_taken_out_together_still_counts() {
    let node = Node::local();
    let bytes = node.port_with(Slow::default(), PortOptions::new().max_bytes(10_000));
    let messages = node.port_with(Slow::default(), PortOptions::new().max_messages(2000));
    let (go, until) = oneshot::channel();
    let (go_too, until_too) = oneshot::channel();
    bytes.wait(until).unwrap();
    messages.wait(until_too).unwrap();
    let text = "x".repeat(900);
    (0..5).for_each(|_| node.snd(&bytes, ("text", &text)));
    (0..1500).for_each(|_| messages.note(1));
    // Now the handlers wait, and what follows is in a new queue.
    turns().await;
    (0..5).for_each(|_| node.snd(&bytes, ("text", &text)));
    (0..500).for_each(|_| messages.note(1));
    turns().await;
    assert_eq!(node.port_count(), 2, "as much as may wait does");
    let ends = [end_of(&node, &bytes), end_of(&node, &messages)];
    node.snd(&bytes, ("text", &text));
    messages.note(1);
    for end in ends {
        assert_eq!(end.await.kind(), "overflow");
    }
    assert!(go.is_closed() && go_too.is_closed());
}

#[tokio::test]
async fn bytes_are_bounded_too() {
    let node = Node::local();
    let (port, go) = waiting(&node, PortOptions::new().max_bytes(10_000)).await;
    let end = end_of(&node, &port);
    let text = "x".repeat(900);
    (0..10).for_each(|_| node.snd(&port, ("text", &text)));
    (0..100).for_each(|_| port.text(&text));
    turns().await;
    assert_eq!(node.port_count(), 1, "ten fit, and typed ones are not weighed");
    node.snd(&port, ("text", &text));
    assert_eq!(end.await.kind(), "overflow");
    assert!(go.is_closed());
    let (port, _go) = waiting(&node, PortOptions::new().max_bytes(100)).await;
    let end = end_of(&node, &port);
    node.snd(&port, ("text", &text));
    assert_eq!(end.await.kind(), "overflow", "one alone may be too much");
    assert_eq!(node.dropped().mailbox_full, 2);
}

#[tokio::test]
async fn a_port_without_room_dies_of_its_first_message() {
    let node = Node::local();
    let port = node.port_with(Slow::default(), PortOptions::new().max_messages(0));
    let end = end_of(&node, &port);
    port.note(1);
    assert_eq!(end.await.kind(), "overflow");
    assert_eq!(port.seen().await.unwrap_err().reason().unwrap().kind(), "overflow");
}

#[tokio::test]
async fn monitors_fire_even_into_a_full_mailbox() {
    let node = Node::local();
    let (port, go) = waiting(&node, PortOptions::new().max_messages(4)).await;
    let other = node.port(Slow::default());
    // Behind the handler that waits.
    let dead: Vec<PortId> = (0..10).map(|n| format!("{}#dead{n}", node.id()).into()).collect();
    let task = port.peval(move |_, ctx| {
        for id in dead {
            ctx.mon(id, |slow, _, _| slow.note(7));
        }
        Ok(())
    });
    go.send(()).unwrap();
    task.await.unwrap();
    turns().await;
    assert_eq!(port.seen().await.unwrap(), [7; 10]);
    assert_eq!(other.seen().await.unwrap(), [0; 0]);
}

#[tokio::test]
async fn every_lost_message_is_counted_once() {
    let node = Node::local();
    let port = node.port(Slow::default());
    let end = end_of(&node, &port);
    (0..10).for_each(|n| port.note(n));
    port.panic();
    (0..5).for_each(|n| port.note(n));
    end.await;
    assert_eq!(node.dropped().dead_port, 5, "behind a panic");
    port.note(1);
    port.note(1);
    assert_eq!(node.dropped().dead_port, 7, "to a dead port by handle");
    node.snd(port.id(), ("note", 1));
    assert_eq!(node.dropped().unknown_port, 1, "to a dead port by ID");
    let port = node.port(Slow::default());
    (0..100).for_each(|n| port.note(n));
    port.kil(());
    (0..100).for_each(|n| port.note(n));
    end_of(&node, &port).await;
    assert_eq!(node.dropped().dead_port, 107, "behind a kil");
    let (port, go) = waiting(&node, PortOptions::new()).await;
    (0..100).for_each(|n| port.note(n));
    turns().await;
    node.shutdown(Duration::ZERO).await;
    turns().await;
    assert!(go.is_closed());
    assert_eq!(node.dropped().dead_port, 207, "in a suspended port");
    node.snd(port.id(), ("note", 1));
    assert_eq!(node.dropped().closed, 1);
}

#[tokio::test]
async fn unread_messages_are_bounded() {
    let node = Node::configure(
        Config::new()
            .nodeid("bounded")
            .secret("x")
            .port_options(PortOptions::new().max_messages(100).max_bytes(10_000)),
    )
    .await
    .unwrap();
    for (count, length, dies) in
        [(100, 1, false), (101, 1, true), (5, 1000, false), (12, 1000, true)]
    {
        let (go, until) = oneshot::channel::<()>();
        let port = node.port_async(move |mut me| async move {
            drop(until.await);
            for _ in 0..count {
                me.get::<()>("x").await?;
            }
            Ok(())
        });
        let end = end_of(&node, &port);
        let text = "x".repeat(length);
        for _ in 0..count {
            node.snd(&port, ("x", &text));
            turns().await;
        }
        drop(go);
        let expected = if dies { "overflow" } else { "normal" };
        assert_eq!(end.await.kind(), expected, "{count} of {length}");
    }
}
