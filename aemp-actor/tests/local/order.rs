//! What one sender sends to one port arrives in that order, however it is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aemp_actor::prelude::*;
use aemp_actor::{PortRef, Ref};
use tokio::sync::{mpsc, oneshot};

#[derive(Default, Port)]
struct Log {
    seen: Vec<u32>,
}

#[rcv]
impl Log {
    fn note(&mut self, n: u32) {
        self.seen.push(n);
    }
    async fn note_slowly(&mut self, n: u32) {
        tokio::task::yield_now().await;
        self.seen.push(n);
    }
    #[rcv(local)]
    fn note_local(&mut self, n: Box<dyn Fn() -> u32 + Send>) {
        self.seen.push(n());
    }
    fn seen(&self) -> Vec<u32> {
        self.seen.clone()
    }
}

/// Sends the numbers from 0 on in every way there is; gives how many.
fn send_all(node: &Node, log: &LogRef, psub: &impl Fn(u32), rounds: u32) -> u32 {
    let by_id = LogRef::at(node, PortRef::id(log));
    let mut numbers = 0..;
    let mut next = || numbers.next().unwrap_or_default();
    for _ in 0..rounds {
        log.note(next());
        node.snd(log, ("note", next()));
        log.note_slowly(next());
        psub(next());
        by_id.note(next());
        let n = next();
        log.note_local(Box::new(move || n)).unwrap();
        log.snd(("note_slowly", next()));
        let n = next();
        drop(log.peval(move |log, _| {
            log.note(n);
            Ok(())
        }));
        let n = next();
        drop(node.cal::<()>(log, ("note", n)));
    }
    next()
}

async fn psub_of(log: &LogRef) -> impl Fn(u32) + Clone + Send + Sync + use<> {
    log.peval(|_, ctx| Ok(ctx.psub(|log: &mut Log, _, n: u32| log.note(n)))).await.unwrap()
}

#[tokio::test]
async fn all_ways_of_sending_mixed() {
    let node = Node::local();
    let log = node.port(Log::default());
    let count = send_all(&node, &log, &psub_of(&log).await, 50);
    assert_eq!(log.seen().await.unwrap(), (0..count).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_ways_of_sending_mixed_while_the_port_runs() {
    let node = Node::local();
    let log = node.port(Log::default());
    let psub = psub_of(&log).await;
    let sender = {
        let (node, log) = (node.clone(), log.clone());
        tokio::task::spawn_blocking(move || send_all(&node, &log, &psub, 2000))
    };
    let count = sender.await.unwrap();
    assert_eq!(log.seen().await.unwrap(), (0..count).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_kil_keeps_its_place() {
    let node = Node::local();
    for by_handle in [true, false] {
        let (tx, mut rx) = mpsc::unbounded_channel();
        let port = node.port_fn(move |_, msg| drop(tx.send(msg.tag().to_owned())));
        node.snd(&port, ("before",));
        port.tell(Message::new(&("before too",)).unwrap());
        if by_handle {
            port.kil(("own", "text"))
        } else {
            node.kil(port.id(), ("own", "text"))
        }
        node.snd(&port, ("after",));
        port.tell(Message::new(&("after",)).unwrap());
        port.kil(("other", "text"));
        let (tell, told) = oneshot::channel();
        node.mon(&port, move |reason: Reason| drop(tell.send(reason)));
        assert_eq!(told.await.unwrap().to_string(), "own: text", "the first kil counts");
        assert_eq!(rx.recv().await.unwrap(), "before");
        assert_eq!(rx.recv().await.unwrap(), "before too");
        assert_eq!(rx.recv().await, None);
    }
}

#[tokio::test]
async fn a_kil_waits_for_a_suspended_handler() {
    #[derive(Port)]
    struct Waits(Arc<AtomicUsize>);
    #[rcv]
    impl Waits {
        #[rcv(local)]
        async fn wait(&mut self, for_it: oneshot::Receiver<()>) {
            drop(for_it.await);
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let node = Node::local();
    let done = Arc::new(AtomicUsize::new(0));
    let port = node.port(Waits(done.clone()));
    let (go, wait) = oneshot::channel();
    port.wait(wait).unwrap();
    let (go2, wait2) = oneshot::channel();
    port.wait(wait2).unwrap();
    port.kil("enough");
    let (tell, told) = oneshot::channel();
    node.mon(&port, move |reason: Reason| drop(tell.send(reason)));
    go2.send(()).unwrap();
    tokio::task::yield_now().await;
    go.send(()).unwrap();
    assert_eq!(told.await.unwrap().kind(), "enough");
    assert_eq!(done.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_a_port_sends_itself_comes_after_what_was_there() {
    #[derive(Default, Port)]
    struct Selfish(Vec<&'static str>);
    #[rcv]
    impl Selfish {
        fn first(&mut self, ctx: &mut Ctx<Self>) {
            self.0.push("first");
            ctx.handle().third();
            ctx.snd(ctx.id(), ("fourth",));
        }
        fn second(&mut self) {
            self.0.push("second");
        }
        fn third(&mut self, ctx: &mut Ctx<Self>) {
            self.0.push("third");
            let sub = ctx.psub(|port: &mut Self, _, ()| port.0.push("fifth"));
            sub(());
        }
        fn fourth(&mut self) {
            self.0.push("fourth");
        }
    }
    let node = Node::local();
    let port: SelfishRef = node.port(Selfish::default());
    port.first();
    port.second();
    let (handle, mut seen): (&Ref<Selfish>, _) = (port.as_handle(), Vec::new());
    while seen.len() < 5 {
        seen = handle.peval(|port, _| Ok(port.0.clone())).await.unwrap();
    }
    assert_eq!(seen, ["first", "second", "third", "fourth", "fifth"]);
}
