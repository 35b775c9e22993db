//! Typed messages that are sent later, or when there is room.

use std::sync::Arc;
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{Balancer, PortOptions, SndWaitError};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::support::{death, soon};

const SECOND: Duration = Duration::from_secs(1);

/// What stores can be asked by anybody who knows no stores.
#[protocol]
trait Shelf {
    fn put(&self, n: u32);
    fn all(&self) -> Vec<u32>;
    #[rcv(local)]
    fn lend(&self, until: Arc<Notify>) -> Arc<Notify>;
}

#[derive(Default, Port)]
#[port(protocols(Shelf))]
struct Store {
    taken: Vec<u32>,
}

#[rcv]
impl Store {
    fn take(&mut self, n: u32) {
        self.taken.push(n);
    }
    fn taken(&self) -> Vec<u32> {
        self.taken.clone()
    }
    #[rcv(local)]
    async fn hold(&mut self, until: Arc<Notify>) {
        until.notified().await;
    }
    #[rcv(local)]
    fn count(&self) -> usize {
        self.taken.len()
    }
    async fn wait_for_itself(&mut self, ctx: &mut Ctx<Self>) -> String {
        let own = ctx.handle();
        own.take(1);
        let error = own.when_room(|own| own.take(2)).await.unwrap_err();
        assert!(matches!(error, SndWaitError::Itself { .. }), "{error}");
        error.to_string()
    }
}

#[rcv]
impl Shelf for Store {
    fn put(&mut self, n: u32) {
        self.taken.push(n);
    }
    fn all(&self) -> Vec<u32> {
        self.taken.clone()
    }
    fn lend(&self, until: Arc<Notify>) -> Arc<Notify> {
        until
    }
}

fn bounded(node: &Node, messages: usize) -> StoreRef {
    node.port_with(Store::default(), PortOptions::new().max_messages(messages))
}

/// Makes the port wait, once it has begun to.
async fn held(store: &StoreRef) -> Arc<Notify> {
    let until = Arc::new(Notify::new());
    store.hold(until.clone()).unwrap();
    tokio::task::yield_now().await;
    until
}

/// Nothing is sent while the store is held, and all of it afterwards.
async fn all_wait_until_there_is_room<T>(
    until: &Notify,
    sends: Vec<JoinHandle<Result<(), SndWaitError>>>,
    asked: &JoinHandle<T>,
) {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(sends.iter().all(|send| !send.is_finished()) && !asked.is_finished());
    until.notify_one();
    for send in sends {
        assert_eq!(soon("room", send).await.unwrap(), Ok(()));
    }
}

#[tokio::test]
async fn typed_messages_and_requests_wait_for_room() {
    let node = Node::local();
    let store = bounded(&node, 2);
    let until = held(&store).await;
    store.take(0);
    store.take(1);
    let mut sends = Vec::new();
    for n in 2..100 {
        let store = store.clone();
        sends.push(tokio::spawn(async move { store.when_room(|store| store.take(n)).await }));
    }
    let asked = tokio::spawn({
        let store = store.clone();
        async move {
            let call = store.when_room(|store| store.taken()).await.unwrap();
            let local = store.when_room(|store| store.count()).await.unwrap();
            (call.await.unwrap(), local.await.unwrap())
        }
    });
    all_wait_until_there_is_room(&until, sends, &asked).await;
    let (taken, _) = soon("the answers", asked).await.unwrap();
    assert!(taken.starts_with(&[0, 1]), "{taken:?}");
    let mut taken = store.taken().await.unwrap();
    taken.sort_unstable();
    assert_eq!(taken, Vec::from_iter(0..100));
    assert_eq!(node.dropped(), Default::default());
}

#[tokio::test(start_paused = true)]
async fn there_is_a_deadline_and_nothing_was_sent_then() {
    let node = Node::local();
    let store = bounded(&node, 1);
    let until = held(&store).await;
    store.take(0);
    for (wait, seconds) in [
        (store.when_room(|store| store.take(1)), 30),
        (store.when_room(|store| store.take(1)).timeout(2 * SECOND), 2),
    ] {
        let begun = Instant::now();
        let error = wait.await.unwrap_err();
        assert!(matches!(error, SndWaitError::Timeout { .. }), "{error}");
        assert_eq!(begun.elapsed().as_secs(), seconds);
    }
    drop(store.when_room(|store| store.take(2)));
    until.notify_one();
    store.when_room(|store| store.take(3)).await.unwrap();
    assert_eq!(store.when_room(|store| store.taken()).await.unwrap().await.unwrap(), [0, 3]);
}

#[tokio::test]
async fn a_port_that_waits_for_room_in_its_own_mailbox_is_told_so() {
    let node = Node::local();
    let store = bounded(&node, 1);
    let text = soon("the error", store.wait_for_itself()).await.unwrap();
    assert!(text.contains("waits for itself"), "{text}");
}

#[tokio::test]
async fn what_a_dead_port_was_to_get_is_lost_and_its_callers_are_told() {
    let node = Node::local();
    let store = bounded(&node, 1);
    held(&store).await;
    store.take(0);
    let wait = tokio::spawn({
        let store = store.clone();
        async move { store.when_room(|store| store.taken()).await.unwrap().await }
    });
    tokio::task::yield_now().await;
    node.kil_now(&store, "over");
    let error = soon("the death", wait).await.unwrap().unwrap_err();
    assert_eq!(error.reason().map(Reason::kind), Some("over"));
    assert_eq!(node.dropped().dead_port, 2);
}

#[tokio::test(start_paused = true)]
async fn typed_messages_and_requests_are_sent_later() {
    let node = Node::local();
    let store = node.port(Store::default());
    store.after(3 * SECOND).take(3);
    let later = store.after(SECOND);
    later.take(1);
    later.clone().after(2 * SECOND).take(2);
    let begun = Instant::now();
    let asked = store.after(40 * SECOND).taken();
    assert_eq!(store.taken().await.unwrap(), [0; 0]);
    assert_eq!(asked.await.unwrap(), [1, 2, 3]);
    assert_eq!(begun.elapsed().as_secs(), 40);
    assert_eq!((later.id(), &later), (store.id(), &store), "it is a handle on the same port");
}

#[tokio::test(start_paused = true)]
async fn what_would_be_sent_after_the_shutdown_is_counted() {
    let node = Node::local();
    let store = node.port(Store::default());
    store.after(SECOND).take(1);
    let asked = store.after(SECOND).taken();
    let end = death(&node, &store);
    node.shutdown(SECOND).await;
    end.reason().await;
    assert!(asked.await.is_err());
    assert_eq!(node.dropped().closed, 2);
    store.after(SECOND).take(1);
    assert_eq!(node.dropped().closed, 3);
}

#[tokio::test]
async fn several_messages_of_one_closure_keep_their_order() {
    let node = Node::local();
    let store = bounded(&node, 1);
    let (first, then) = (1, 2);
    let both = store.when_room(|store| {
        store.take(first);
        store.take(then);
    });
    soon("room", both).await.unwrap();
    let (done, told) = oneshot::channel();
    node.mon(&store, move |_: Reason| done.send(()).unwrap_or_default());
    assert_eq!(store.when_room(|s| s.taken()).await.unwrap().await.unwrap(), [1, 2]);
    store.kil(());
    soon("the end", told).await.unwrap();
}

#[tokio::test]
async fn a_pool_waits_until_any_of_its_ports_has_room() {
    let node = Node::local();
    let pool = Balancer::new((0..3).map(|_| bounded(&node, 1)));
    let mut gates = Vec::new();
    for store in pool.members() {
        gates.push(held(store).await);
        store.take(0);
    }
    let waits: Vec<_> = (1..=2)
        .map(|n| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.when_room(|store| store.take(n)).await })
        })
        .collect();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(waits.iter().all(|wait| !wait.is_finished()));
    gates[1].notify_one();
    for wait in waits {
        assert_eq!(soon("room", wait).await.unwrap(), Ok(()));
    }
    let taken = pool.members()[1].when_room(|store| store.taken()).await.unwrap().await.unwrap();
    assert_eq!(taken.len(), 3);
    gates.iter().for_each(|gate| gate.notify_one());
    for _ in 0..9 {
        let taken = pool.when_room(|store| store.taken()).await.unwrap();
        soon("an answer", taken).await.unwrap();
    }
    assert_eq!(node.dropped(), Default::default());
}

#[tokio::test(start_paused = true)]
async fn a_pool_has_a_deadline() {
    let node = Node::local();
    let pool = Balancer::new((0..2).map(|_| bounded(&node, 1)));
    for store in pool.members() {
        held(store).await;
        store.take(0);
    }
    let begun = Instant::now();
    let error = pool.when_room(|store| store.take(1)).timeout(3 * SECOND).await.unwrap_err();
    assert!(matches!(error, SndWaitError::Timeout { .. }), "{error}");
    assert_eq!(begun.elapsed().as_secs(), 3);
}

#[tokio::test]
async fn handles_of_protocols_wait_for_room_as_those_of_ports() {
    let node = Node::local();
    let store = bounded(&node, 2);
    let shelf = ShelfRef::from(&store);
    let until = held(&store).await;
    store.take(0);
    store.take(1);
    let mut sends = Vec::new();
    for n in 2..20 {
        let (store, shelf) = (store.clone(), shelf.clone());
        sends.push(tokio::spawn(async move {
            match n % 3 {
                0 => shelf.when_room(|shelf| shelf.put(n)).await,
                1 => store.when_room(|store| store.shelf().put(n)).await,
                _ => ShelfRef::from(store.id()).when_room(|shelf| shelf.put(n)).await,
            }
        }));
    }
    let asked = tokio::spawn(async move {
        let call = shelf.when_room(|shelf| shelf.all()).await.unwrap();
        let local = shelf.when_room(|shelf| shelf.lend(Arc::default())).await.unwrap();
        // The handle of a bare ID, which finds its port at each use.
        let by_id = ShelfRef::from(shelf.id());
        let by_id = by_id.when_room(|shelf| shelf.all()).await.unwrap();
        (call.await.is_ok(), local.await.is_ok(), by_id.await.is_ok())
    });
    all_wait_until_there_is_room(&until, sends, &asked).await;
    assert_eq!(soon("the answers", asked).await.unwrap(), (true, true, true));
    let mut taken = store.taken().await.unwrap();
    taken.sort_unstable();
    assert_eq!(taken, Vec::from_iter(0..20));
    assert_eq!(node.dropped(), Default::default());
}

#[tokio::test(start_paused = true)]
async fn handles_of_protocols_have_a_deadline_and_send_later() {
    let node = Node::local();
    let store = bounded(&node, 1);
    let until = held(&store).await;
    store.take(0);
    let begun = Instant::now();
    let error =
        store.shelf().when_room(|shelf| shelf.put(1)).timeout(2 * SECOND).await.unwrap_err();
    assert!(matches!(error, SndWaitError::Timeout { .. }), "{error}");
    assert_eq!(begun.elapsed(), 2 * SECOND);
    until.notify_one();
    let begun = Instant::now();
    store.shelf().after(SECOND).put(1);
    store.after(2 * SECOND).shelf().put(2);
    assert_eq!(store.shelf().after(3 * SECOND).all().await.unwrap(), [0, 1, 2]);
    assert_eq!(begun.elapsed(), 3 * SECOND);
    store.shelf().after(SECOND).put(3);
    assert_eq!(store.shelf().all().await.unwrap(), [0, 1, 2]);
    node.shutdown(SECOND).await;
    assert_eq!(node.dropped().closed, 1, "what comes too late is counted");
}

#[tokio::test]
async fn a_pool_of_handles_of_protocols_waits_until_any_has_room() {
    let node = Node::local();
    let stores = [bounded(&node, 1), bounded(&node, 1)];
    let pool = Balancer::new(stores.iter().map(ShelfRef::from));
    let mut gates = Vec::new();
    for store in &stores {
        gates.push(held(store).await);
        store.take(0);
    }
    let wait = tokio::spawn({
        let pool = pool.clone();
        async move { pool.when_room(|shelf| shelf.put(1)).await }
    });
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(!wait.is_finished());
    gates[1].notify_one();
    assert_eq!(soon("room", wait).await.unwrap(), Ok(()));
    let taken = pool.members()[1].when_room(|shelf| shelf.all()).await.unwrap();
    assert_eq!(soon("an answer", taken).await.unwrap(), [0, 1]);
}

/// The handle of a bare ID finds a port of this node, which is given values: and so is the place for the answer.
#[tokio::test]
async fn a_request_by_a_bare_id_is_answered_when_there_was_room() {
    let node = Node::local();
    let store = bounded(&node, 2);
    let by_id = StoreRef::from(store.id());
    let call = by_id.when_room(|store| store.taken()).await.unwrap();
    assert_eq!(soon("an answer", call).await.unwrap(), [0_u32; 0]);
    assert_eq!(soon("an answer", by_id.after(Duration::ZERO).taken()).await.unwrap(), [0_u32; 0]);
}
