//! Senders that wait for room.

use std::time::Duration;

use crate::support::{death, soon};
use aemp_actor::prelude::*;
use aemp_actor::{PevalError, PortOptions, PortRef, SndWaitError};
use tokio::sync::oneshot;
use tokio::time::Instant;

#[derive(Default, Port)]
struct Slow {
    taken: u32,
    other: Option<PortId>,
}

#[rcv]
impl Slow {
    async fn take(&mut self, _text: String) {
        tokio::task::yield_now().await;
        self.taken += 1;
    }
    #[rcv(local)]
    async fn hold(&mut self, until: oneshot::Receiver<()>) {
        until.await.unwrap_or(());
    }
    fn taken(&self) -> u32 {
        self.taken
    }
    fn set(&mut self, other: PortId) {
        self.other = Some(other);
    }
    /// Sends to another, or to itself.
    async fn pass(&mut self, ctx: &mut Ctx<Self>, count: u32) -> Vec<String> {
        let (node, to) = (ctx.node(), self.other.clone().unwrap_or(ctx.id()));
        let mut errors = Vec::new();
        for _ in 0..count {
            errors.extend(node.snd_wait(&to, ("take", "x")).await.err().map(|e| e.to_string()));
        }
        errors
    }
    async fn ask_itself(&mut self, ctx: &mut Ctx<Self>) -> Vec<String> {
        let typed = ctx.handle().taken().await.unwrap_err().to_string();
        let untyped = ctx.cal::<(u32,)>(ctx.id(), ("taken",)).await.unwrap_err().to_string();
        let peval: Result<(), PevalError> = ctx.handle().peval(|_, _| Ok(())).await;
        vec![typed, untyped, peval.unwrap_err().to_string()]
    }
}

fn bounded(messages: usize) -> PortOptions {
    PortOptions::new().max_messages(messages)
}

#[tokio::test]
async fn as_many_as_want_to_wait_and_all_are_served() {
    let node = Node::local();
    let port = node.port_with(Slow::default(), bounded(4));
    let tasks: Vec<_> =
        (0..500).map(|_| tokio::spawn(node.snd_wait(&port, ("take", "x")))).collect();
    for task in tasks {
        assert_eq!(soon("room", task).await.unwrap(), Ok(()));
    }
    let end = death(&node, &port);
    port.kil(());
    assert!(end.reason().await.is_normal());
    assert_eq!(node.dropped(), Default::default());
}

#[tokio::test]
async fn who_gives_up_leaves_the_room_to_others() {
    let node = Node::local();
    let port = node.port_with(Slow::default(), bounded(1));
    let (go, until) = oneshot::channel();
    port.hold(until).unwrap();
    tokio::task::yield_now().await;
    port.take("first");
    let mut tasks: Vec<_> =
        (0..100).map(|_| tokio::spawn(node.snd_wait(&port, ("take", "x")))).collect();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let given_up: Vec<_> = tasks.drain(..50).collect();
    for task in given_up {
        task.abort();
    }
    go.send(()).unwrap();
    for task in tasks {
        assert_eq!(soon("room", task).await.unwrap(), Ok(()));
    }
}

/// Blocks that receive have a mailbox as any port has.
#[tokio::test]
async fn a_block_is_waited_for() {
    let config = Config::new().nodeid("n").secret("x").port_options(bounded(4));
    let node = Node::configure(config).await.unwrap();
    let port = node.port_async(|mut me| async move {
        for _ in 0..100 {
            tokio::task::yield_now().await;
            me.recv().await?;
        }
        Ok(())
    });
    let end = death(&node, &port);
    for n in 0..100 {
        assert_eq!(soon("room", node.snd_wait(&port, ("x", n))).await, Ok(()));
    }
    assert!(end.reason().await.is_normal());
}

#[tokio::test(start_paused = true)]
async fn there_is_a_deadline() {
    let node = Node::local();
    let port = node.port_with(Slow::default(), bounded(1));
    let (_go, until) = oneshot::channel();
    port.hold(until).unwrap();
    tokio::task::yield_now().await;
    port.take("first");
    let begun = Instant::now();
    let after = Duration::from_secs(3);
    let error = node.snd_wait(&port, ("take", "x")).timeout(after).await.unwrap_err();
    assert_eq!(error, SndWaitError::Timeout { target: port.id(), after });
    assert_eq!(begun.elapsed(), after);
    let error = node.snd_wait(&port, ("take", "x")).await.unwrap_err();
    assert!(matches!(error, SndWaitError::Timeout { .. }), "{error}");
    assert_eq!(begun.elapsed().as_secs(), 33);
    assert_eq!(node.dropped(), Default::default());
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_itself_is_told_at_once() {
    let node = Node::local();
    let port = node.port_with(Slow::default(), bounded(4));
    let begun = Instant::now();
    let errors = port.pass(6).await.unwrap();
    assert_eq!(errors.len(), 2, "there was room for four");
    assert!(errors.iter().all(|error| error.contains("waits for itself")), "{errors:?}");
    let errors = port.ask_itself().await.unwrap();
    assert!(errors.iter().all(|error| error.contains("waits for itself")), "{errors:?}");
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(node.dropped().mailbox_full, 0);
}

#[tokio::test]
async fn those_who_wait_for_each_other_can_be_killed() {
    let node = Node::local();
    let ports = [(); 2].map(|()| node.port_with(Slow::default(), bounded(4)));
    ports[0].set(ports[1].id());
    ports[1].set(ports[0].id());
    let (_one, _two) = (ports[0].pass(100), ports[1].pass(100));
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    let ends = [death(&node, &ports[0]), death(&node, &ports[1])];
    ports[0].kil(("enough", ""));
    ports[1].kil(("enough", ""));
    for end in ends {
        assert_eq!(end.text().await, "enough: ");
    }
}

/// What never could fit passes when nothing waits, as to other nodes.
#[tokio::test]
async fn what_is_larger_than_the_mailbox_passes_alone() {
    let node = Node::local();
    let text = "x".repeat(2000);
    for options in [PortOptions::new().max_bytes(1000), bounded(0)] {
        let port = node.port_with(Slow::default(), options);
        for _ in 0..3 {
            assert_eq!(soon("room", node.snd_wait(&port, ("take", &text))).await, Ok(()));
        }
        let end = death(&node, &port);
        port.kil(("done", ""));
        assert_eq!(end.text().await, "done: ");
    }
    assert_eq!(node.dropped(), Default::default());
}
