//! Groups with typed handles, on one node.

use std::collections::BTreeSet;
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{Group, GroupWaitError, Pick};
use tokio::time::Instant;

use crate::support::{death, eventually, soon};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Port, Default)]
struct Worker {
    number: u32,
    asked: u32,
    kept: Vec<Reply<u32>>,
}

#[rcv]
impl Worker {
    fn number(&self) -> u32 {
        self.number
    }

    fn asked(&self) -> u32 {
        self.asked
    }

    /// The first to be asked dies of it.
    fn fragile(&mut self, ctx: &mut Ctx<Self>) -> Result<u32, Die> {
        self.asked += 1;
        if self.number == 0 { Err(die!("{} broke", ctx.id())) } else { Ok(self.number) }
    }

    /// The first never answers.
    fn hangs(&mut self, reply: Reply<u32>) {
        self.asked += 1;
        if self.number == 0 { self.kept.push(reply) } else { reply.answer(self.number) }
    }

    /// The first drops it.
    fn drops(&mut self, reply: Reply<u32>) {
        self.asked += 1;
        if self.number == 0 { drop(reply) } else { reply.answer(self.number) }
    }

    fn fails(&mut self, reply: Reply<u32>) {
        self.asked += 1;
        reply.fail(("busy", "with something else"));
    }

    async fn slow(&mut self) -> u32 {
        tokio::time::sleep(SECOND).await;
        self.number
    }
}

fn workers(node: &Node, count: u32) -> (Group<WorkerRef>, Vec<WorkerRef>) {
    let group = node.group("workers");
    let workers = (0..count).map(|number| node.port(Worker { number, ..Worker::default() }));
    let workers: Vec<WorkerRef> = workers.collect();
    workers.iter().for_each(|worker| drop(group.join(worker).unwrap()));
    (group, workers)
}

#[tokio::test]
async fn members_are_handles() {
    let node = Node::local();
    let (group, workers) = workers(&node, 3);
    assert_eq!(BTreeSet::from_iter(group.members()), BTreeSet::from_iter(workers.clone()));
    let picked: Vec<WorkerRef> =
        (0..3).map(|_| group.pick(Pick::RoundRobin).expect("there are three")).collect();
    assert_eq!(BTreeSet::from_iter(picked), BTreeSet::from_iter(workers.clone()));
    assert!(workers.contains(&group.pick(Pick::Random).unwrap()));
    let key = || group.pick(Pick::key("joe"));
    assert!(key().is_some() && key() == key(), "who has a key keeps it");
    workers[0].kil(());
    death(&node, &workers[0]).reason().await;
    assert_eq!(BTreeSet::from_iter(group.members()), BTreeSet::from_iter(workers[1..].to_vec()));
    let untyped: Group<PortId> = node.group("workers");
    assert_eq!(untyped.members().len(), 2, "any group can be seen as one of IDs");
}

#[tokio::test]
async fn all_are_sent_to() {
    let node = Node::local();
    let (group, workers) = workers(&node, 3);
    let mut calls = Vec::new();
    assert_eq!(group.send_all(|worker| calls.push(worker.number())), 3);
    let mut numbers = BTreeSet::new();
    for call in calls {
        numbers.insert(call.await.unwrap());
    }
    assert_eq!(numbers, BTreeSet::from([0, 1, 2]));
    drop(workers);
    assert_eq!(node.group::<WorkerRef>("nobody").send_all(WorkerRef::number), 0);
}

#[tokio::test]
async fn an_empty_group_is_the_error_of_a_request() {
    let node = Node::local();
    let group: Group<WorkerRef> = node.group("workers");
    assert_eq!(group.pick(Pick::Random), None);
    let error = group.request(Pick::Random, WorkerRef::number).retries(3).await.unwrap_err();
    assert_eq!(error, CallError::NoMember { group: "workers".into() });
    assert_eq!(error.to_string(), "group \"workers\" has no member");
}

/// The request is given to the first member, which is number 0, and then to number 1.
async fn retried(request: impl Fn(&WorkerRef) -> Call<u32>) {
    let node = Node::local();
    let (group, workers) = workers(&node, 3);
    let first = group.pick(Pick::RoundRobin).expect("there are three");
    // So that number 0 is next.
    let next = || group.pick(Pick::RoundRobin).expect("there are three");
    assert_eq!(
        (first, next(), next()),
        (workers[0].clone(), workers[1].clone(), workers[2].clone())
    );
    assert_eq!(group.request(Pick::RoundRobin, &request).retries(1).await, Ok(1));
    assert_eq!(workers[2].asked().await, Ok(0), "and nobody else was asked");

    let (all, mut asked) = (group.members(), BTreeSet::new());
    let alone: Group<WorkerRef> = node.group("alone");
    let lonely = node.port(Worker::default());
    alone.join(&lonely).unwrap();
    let error = alone.request(Pick::RoundRobin, &request).retries(5).await.unwrap_err();
    match error {
        CallError::Died { target, .. } => assert_eq!(target, lonely.id()),
        CallError::Dropped { target } | CallError::Timeout { target, .. } => {
            assert_eq!((target, lonely.asked().await), (lonely.id(), Ok(1)), "it was asked once");
        }
        other => panic!("{other}"),
    }
    for worker in all {
        asked.insert(worker.number().await.unwrap());
    }
    assert!(asked.is_superset(&BTreeSet::from([1, 2])));
}

#[tokio::test]
async fn a_request_of_who_died_is_given_to_another() {
    retried(WorkerRef::fragile).await;
}

#[tokio::test]
async fn a_request_that_was_dropped_is_given_to_another() {
    retried(WorkerRef::drops).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_not_answered_in_time_is_given_to_another() {
    retried(|worker| worker.hangs().timeout(SECOND)).await;
}

#[tokio::test]
async fn nothing_is_retried_unless_that_was_said_to_be_safe() {
    let node = Node::local();
    let (group, workers) = workers(&node, 1);
    let spare = node.port(Worker { number: 1, ..Worker::default() });
    group.join(&spare).unwrap();
    let error = group.request(Pick::RoundRobin, WorkerRef::fragile).await.unwrap_err();
    assert!(matches!(&error, CallError::Died { target, .. } if *target == workers[0].id()));
    assert_eq!(spare.asked().await, Ok(0));
    let error = group.request(Pick::RoundRobin, WorkerRef::fails).retries(9).await.unwrap_err();
    assert!(matches!(error, CallError::Failed { .. }), "it is an answer: {error}");
    assert_eq!(spare.asked().await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn all_attempts_have_one_deadline() {
    let node = Node::local();
    let group: Group<WorkerRef> = node.group("workers");
    let workers: Vec<WorkerRef> = (0..9).map(|_| node.port(Worker::default())).collect();
    workers.iter().for_each(|worker| drop(group.join(worker).unwrap()));
    let begun = Instant::now();
    let hangs = |worker: &WorkerRef| worker.hangs().timeout(SECOND * 2);
    let request = group.request(Pick::RoundRobin, hangs).retries(8).timeout(SECOND * 5);
    let error = request.await.unwrap_err();
    assert!(matches!(error, CallError::Timeout { .. }), "{error}");
    assert_eq!(begun.elapsed().as_secs(), 5);
    let mut asked = 0;
    for worker in workers {
        asked += worker.asked().await.unwrap();
    }
    assert_eq!(asked, 3, "after 0, 2 and 4 seconds");
}

#[tokio::test(start_paused = true)]
async fn the_least_loaded_is_asked() {
    let node = Node::local();
    let (group, workers) = workers(&node, 4);
    let begun = Instant::now();
    let slow = || group.request(Pick::LeastLoaded, WorkerRef::slow);
    // Three of four are busy: the fourth is next, whatever else was chosen.
    let busy: Vec<_> = (0..3).map(|_| slow()).collect();
    group.pick(Pick::RoundRobin);
    group.pick(Pick::RoundRobin);
    assert_eq!(slow().await, Ok(3));
    for call in busy {
        call.await.unwrap();
    }
    let eight: Vec<_> = (0..8).map(|_| slow()).collect();
    for call in eight {
        call.await.unwrap();
    }
    assert_eq!(begun.elapsed().as_secs(), 3, "two for each of the four");
    drop(workers);
    let dropped: Vec<_> = (0..3).map(|_| slow()).collect();
    drop(dropped);
    let picked = || group.pick(Pick::LeastLoaded).unwrap().id();
    let next: BTreeSet<PortId> = (0..4).map(|_| picked()).collect();
    assert_eq!(next.len(), 4, "a request that is not waited for any more does not count");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_member_has_a_deadline() {
    let node = Node::local();
    let group: Group<WorkerRef> = node.group("workers");
    let within = SECOND * 5;
    let (begun, name) = (Instant::now(), || "workers".to_owned());
    let error = group.wait(within).await.unwrap_err();
    assert_eq!(error, GroupWaitError::Timeout { group: name(), within });
    assert_eq!(begun.elapsed(), within);
    let (waiting, worker) = (group.clone(), node.port(Worker::default()));
    let wait = tokio::spawn(async move { waiting.wait(within).await });
    tokio::task::yield_now().await;
    group.join(&worker).unwrap();
    assert_eq!(wait.await.unwrap(), Ok(vec![worker.clone()]));
    worker.kil(());
    death(&node, &worker).reason().await;
    node.shutdown(Duration::ZERO).await;
    assert_eq!(group.wait(within).await, Err(GroupWaitError::ShutDown { group: name() }));
}

#[tokio::test]
async fn changes_are_a_stream_that_ports_can_attach() {
    #[derive(Port, Default)]
    struct Watcher {
        members: BTreeSet<WorkerRef>,
    }
    #[rcv]
    impl Watcher {
        fn members(&self) -> Vec<WorkerRef> {
            self.members.iter().cloned().collect()
        }
        fn watch(&mut self, ctx: &mut Ctx<Self>) {
            let group: Group<WorkerRef> = ctx.node().group("workers");
            ctx.attach(group.changes(), |watcher, _, change| {
                watcher.members.extend(change.added);
                watcher.members.retain(|member| !change.removed.contains(member));
            });
        }
    }
    let node = Node::local();
    let (group, mut members) = workers(&node, 2);
    let watcher = node.port(Watcher::default());
    watcher.watch();
    members.sort();
    eventually("both", async || watcher.members().await.unwrap() == members).await;
    let token = group.join(node.port(Worker::default())).unwrap();
    eventually("three", async || watcher.members().await.unwrap().len() == 3).await;
    token.cancel();
    members[0].kil(());
    eventually("one", async || watcher.members().await.unwrap() == members[1..]).await;

    let mut changes = group.changes();
    let change = soon("the members there are", changes.next()).await.unwrap();
    assert_eq!((change.members(), change.added), (members[1..].to_vec(), members[1..].to_vec()));
    node.shutdown(Duration::ZERO).await;
    assert!(soon("the end", changes.next()).await.is_none());
    assert!(soon("the end", changes.next()).await.is_none(), "and nothing else from then on");
}

/// What answers with a name.
#[protocol]
trait Named {
    fn name(&self) -> String;
}

#[derive(Port)]
#[port(protocols(Named))]
struct Cat;
#[rcv]
impl Cat {}
#[rcv]
impl Named for Cat {
    fn name(&self) -> String {
        "cat".into()
    }
}

#[derive(Port)]
#[port(protocols(Named))]
struct Dog;
#[rcv]
impl Dog {}
#[rcv]
impl Named for Dog {
    fn name(&self) -> String {
        "dog".into()
    }
}

#[tokio::test]
async fn a_group_may_be_of_a_protocol() {
    let node = Node::local();
    let pets: Group<NamedRef> = node.group("pets");
    pets.join(node.port(Cat)).unwrap();
    pets.join(node.port(Dog)).unwrap();
    let mut names = BTreeSet::new();
    for _ in 0..2 {
        names.insert(pets.request(Pick::RoundRobin, NamedRef::name).await.unwrap());
    }
    assert_eq!(names, BTreeSet::from(["cat".to_owned(), "dog".to_owned()]));
}

#[tokio::test]
async fn a_member_of_another_kind_refuses() {
    let node = Node::local();
    let (stranger, group) = (node.port(Cat), node.group::<WorkerRef>("workers"));
    node.grp_reg("workers", &stranger).unwrap();
    let error = group.request(Pick::Random, WorkerRef::number).await.unwrap_err();
    assert!(matches!(error, CallError::Refused { .. }), "{error}");
    let joined = group.join(PortId::from("elsewhere#1"));
    joined.expect_err("a port is registered by its own node");
}
