//! Supervisors and their children on one node.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aemp_actor::PortRef;
use aemp_actor::prelude::*;
use aemp_actor::supervisor::{
    Backoff, Child, ChildRef, ChildState, NotRunning, Restart, Strategy, Supervisor,
    SupervisorError, SupervisorInfo, SupervisorPort, SupervisorRef,
};
use tokio::time::Instant;

use crate::support::{death, soon, until};

const SECOND: Duration = Duration::from_secs(1);

/// What happened, in order.
type Diary = Arc<Mutex<Vec<String>>>;

fn read(diary: &Diary) -> Vec<String> {
    std::mem::take(&mut *diary.lock().unwrap())
}

/// A port that notes when it begins and ends.
#[derive(Port)]
struct Noting {
    name: &'static str,
    diary: Diary,
}

#[rcv]
impl Noting {
    fn fail(&mut self) -> Result<(), Die> {
        Err(die!("failed"))
    }

    async fn hang(&mut self) {
        std::future::pending::<()>().await;
    }

    fn name(&self) -> String {
        self.name.into()
    }
}

impl Drop for Noting {
    fn drop(&mut self) {
        self.diary.lock().unwrap().push(format!("-{}", self.name));
    }
}

fn noting(name: &'static str, diary: &Diary) -> Child<Noting> {
    let diary = diary.clone();
    Child::new(name, move |_| {
        diary.lock().unwrap().push(format!("+{name}"));
        Noting { name, diary: diary.clone() }
    })
}

/// A supervisor of a, b and c, which have started.
async fn abc(
    node: &Node,
    strategy: Strategy,
    diary: &Diary,
) -> (SupervisorRef, [ChildRef<Noting>; 3]) {
    let children = ["a", "b", "c"].map(|name| noting(name, diary));
    let refs = [0, 1, 2].map(|n: usize| children[n].child_ref());
    let supervisor = children.into_iter().fold(Supervisor::new(strategy), Supervisor::child);
    let supervisor = supervisor.start(node);
    supervisor.ready().await.unwrap();
    assert_eq!(read(diary), ["+a", "+b", "+c"]);
    (supervisor, refs)
}

#[tokio::test(start_paused = true)]
async fn a_child_that_fails_is_started_again_and_its_handle_follows() {
    let (node, diary) = (Node::local(), Diary::default());
    let (supervisor, [a, b, _]) = abc(&node, Strategy::OneForOne, &diary).await;
    let (first, other) = (a.get().unwrap(), b.id().unwrap());
    let died = death(&node, &first);
    first.fail();
    assert_eq!(died.reason().await.kind(), "die");
    until("the supervisor knows it", || a.get().is_err()).await;
    let NotRunning::Starting { name, reason, .. } = a.get().unwrap_err() else {
        panic!("it waits")
    };
    assert_eq!((&*name, reason.unwrap().text().as_str()), ("a", "failed"));
    let error = a.snd(("name",)).unwrap_err().to_string();
    assert_eq!(error, "child a does not run now: die: failed", "a send is refused, not lost");
    let second = soon("the restart", a.wait()).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(second.name().await.unwrap(), "a");
    assert_eq!(b.id().unwrap(), other, "the others go on");
    assert_eq!(read(&diary), ["-a", "+a"]);
    let info = supervisor.which_children().await.unwrap();
    assert_eq!((info.children[0].restarts, info.children[1].restarts), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn the_port_after_one_that_died_is_waited_for() {
    let (node, diary) = (Node::local(), Diary::default());
    let (supervisor, [a, _, c]) = abc(&node, Strategy::OneForOne, &diary).await;
    for _ in 0..3 {
        let last = a.wait().await.unwrap();
        last.fail();
        // Whether the supervisor knows it or not.
        let next = soon("the restart", a.wait_after(&last)).await.unwrap();
        assert_ne!(next, last);
        assert_eq!(next.name().await.unwrap(), "a");
    }
    let last = c.get().unwrap();
    let ended = c.wait_after(&last);
    supervisor.shutdown();
    let ended = soon("the end", ended).await.unwrap_err();
    assert!(matches!(ended, NotRunning::Ended { .. }), "{ended}");
}

#[tokio::test(start_paused = true)]
async fn strategies_say_who_is_started_again_and_in_which_order() {
    let node = Node::local();
    let expected: [(Strategy, &[&str]); 3] = [
        (Strategy::OneForOne, &["-b", "+b"]),
        (Strategy::RestForOne, &["-b", "-c", "+b", "+c"]),
        (Strategy::OneForAll, &["-b", "-c", "-a", "+a", "+b", "+c"]),
    ];
    for (strategy, expected) in expected {
        let diary = Diary::default();
        let (supervisor, [_, b, _]) = abc(&node, strategy, &diary).await;
        let before = b.id().unwrap();
        b.get().unwrap().fail();
        until("it is started again", || b.id().is_ok_and(|now| now != before)).await;
        supervisor.ready().await.unwrap();
        assert_eq!(read(&diary), expected, "{strategy}");
        let died = death(&node, &supervisor);
        supervisor.shutdown();
        assert_eq!(died.reason().await.kind(), "shutdown");
        assert_eq!(read(&diary), ["-c", "-b", "-a"]);
        let error = b.get().err().unwrap();
        assert!(matches!(error, NotRunning::Ended { .. }), "{error}");
        assert_eq!(b.wait().await.err(), Some(error));
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_that_does_not_end_is_killed_at_its_deadline() {
    let (node, diary) = (Node::local(), Diary::default());
    let stuck = noting("stuck", &diary).shutdown(2 * SECOND);
    let handle = stuck.child_ref();
    let supervisor = Supervisor::new(Strategy::OneForOne)
        .child(noting("first", &diary))
        .child(stuck)
        .child(noting("at once", &diary).shutdown(Duration::ZERO))
        .start(&node);
    handle.wait().await.unwrap().hang();
    supervisor.ready().await.unwrap();
    read(&diary);
    let (died, begun) = (death(&node, &supervisor), Instant::now());
    supervisor.shutdown();
    died.reason().await;
    assert_eq!(begun.elapsed().as_secs(), 2);
    assert_eq!(read(&diary), ["-at once", "-stuck", "-first"]);
}

#[tokio::test(start_paused = true)]
async fn transient_and_temporary_children_end() {
    let (node, diary) = (Node::local(), Diary::default());
    let transient = noting("transient", &diary).restart(Restart::Transient);
    let temporary = noting("temporary", &diary).restart(Restart::Temporary);
    let (done, gone) = (transient.child_ref(), temporary.child_ref());
    let supervisor =
        Supervisor::new(Strategy::OneForAll).child(transient).child(temporary).start(&node);
    supervisor.ready().await.unwrap();
    let first = done.get().unwrap();
    first.fail();
    until("it is started again", || done.get().is_ok_and(|now| now != first)).await;
    assert!(
        matches!(gone.get(), Err(NotRunning::Ended { .. })),
        "others do not take it along back"
    );
    done.get().unwrap().kil(());
    until("its end", || matches!(done.get(), Err(NotRunning::Ended { .. }))).await;
    let info = supervisor.which_children().await.unwrap();
    assert_eq!(info.children.len(), 1, "a temporary one is forgotten");
    let child = &info.children[0];
    assert_eq!((child.name.as_str(), child.state), ("transient", ChildState::Stopped));
    assert_eq!(
        read(&diary),
        ["+transient", "+temporary", "-transient", "-temporary", "+transient", "-transient"]
    );
    assert_eq!(supervisor.restart_child("transient").await.unwrap(), Ok(()));
    soon("the start", done.wait()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_that_dies_as_fast_as_it_starts_is_slowed_down_and_then_escalates() {
    let node = Node::local();
    let starts = Arc::new(Mutex::new(Vec::new()));
    let begun = Instant::now();
    let noted = starts.clone();
    let child = Child::new("database", move |_| -> Result<(), Die> {
        noted.lock().unwrap().push(begun.elapsed());
        Err(die!("no connection"))
    });
    let supervisor = Supervisor::new(Strategy::OneForOne)
        .intensity(4, 60 * SECOND)
        .backoff(Backoff::new(SECOND, 3 * SECOND))
        .child(child)
        .start(&node);
    let reason = death(&node, &supervisor).reason().await;
    assert_eq!(reason.kind(), "max_restarts");
    assert_eq!(
        reason.text(),
        "children failed 5 times within 60s, last child database: die: no connection"
    );
    let starts = starts.lock().unwrap().clone();
    let pauses: Vec<f64> = starts.windows(2).map(|two| (two[1] - two[0]).as_secs_f64()).collect();
    for (pause, most) in pauses.iter().zip([1.0, 2.0, 3.0, 3.0]) {
        assert!((most / 2.0..most + 0.01).contains(pause), "{pauses:?}");
    }
    assert_eq!(pauses.len(), 4);
}

/// It never ends.
#[init("Supervisors::never")]
async fn never() {
    std::future::pending::<()>().await;
}

#[tokio::test(start_paused = true)]
async fn one_that_never_starts_is_killed_at_its_deadline() {
    let node = Node::local();
    let child = Child::init("never", never, ()).start_deadline(10 * SECOND);
    let handle = child.child_ref();
    let begun = Instant::now();
    let supervisor =
        Supervisor::new(Strategy::OneForOne).intensity(0, SECOND).child(child).start(&node);
    let reason = death(&node, &supervisor).reason().await;
    assert_eq!(begun.elapsed().as_secs(), 10);
    let text =
        "children failed 1 times within 1s, last child never: die: never did not start within 10s";
    assert_eq!(reason.text(), text);
    let error = handle.wait().await.unwrap_err();
    assert!(matches!(error, NotRunning::Ended { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_is_unknown_or_panics_has_failed_to_start() {
    let node = Node::local();
    let unknown = Child::spawn("unknown", "Supervisors::nobody", ());
    let panics = Child::new("panics", |_| -> () { panic!("no value") });
    for (child, text) in [(unknown, "has no init function"), (panics, "panicked: no value")] {
        let supervisor =
            Supervisor::new(Strategy::OneForOne).intensity(0, SECOND).child(child).start(&node);
        let reason = death(&node, &supervisor).reason().await;
        assert!(reason.text().contains(text), "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_is_killed_while_it_restarts_leaves_no_child() {
    let (node, diary) = (Node::local(), Diary::default());
    let stuck = noting("stuck", &diary).shutdown(SECOND);
    let (handle, failing) = (stuck.child_ref(), noting("failing", &diary));
    let fail = failing.child_ref();
    let supervisor = Supervisor::new(Strategy::OneForAll)
        .child(noting("first", &diary))
        .child(stuck)
        .child(failing)
        .start(&node);
    supervisor.ready().await.unwrap();
    let hanging = handle.get().unwrap();
    hanging.hang();
    let died = death(&node, &hanging);
    fail.get().unwrap().fail();
    until("it stops the others", || handle.get().is_err()).await;
    supervisor.kil_now("enough");
    assert_eq!(died.reason().await.kind(), "shutdown");
    until("all end", || read_all(&diary, ["-first", "-stuck", "-failing"])).await;
    assert!(matches!(handle.get(), Err(NotRunning::Ended { .. })));
    // Nothing is started any more.
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(diary.lock().unwrap().len(), 6);
}

fn read_all(diary: &Diary, expected: [&str; 3]) -> bool {
    let diary = diary.lock().unwrap();
    expected.iter().all(|expected| diary.iter().any(|line| line == expected))
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_below_another_is_started_again_with_all_its_children() {
    let (node, diary) = (Node::local(), Diary::default());
    let inner = noting("inner", &diary);
    let deep = inner.child_ref();
    let below = Child::supervisor(
        "below",
        Supervisor::new(Strategy::OneForOne).intensity(0, SECOND).child(inner),
    );
    let below_ref = below.child_ref();
    let top = Supervisor::new(Strategy::OneForOne)
        .child(below)
        .child(noting("after", &diary))
        .start(&node);
    top.ready().await.unwrap();
    assert_eq!(
        read(&diary),
        ["+inner", "+after"],
        "a supervisor has started when its children have"
    );
    let first = below_ref.id().unwrap();
    deep.get().unwrap().fail();
    until("the upper one acts", || below_ref.id().is_ok_and(|now| now != first)).await;
    let again = soon("the handle follows", deep.wait()).await.unwrap();
    assert_eq!(again.name().await.unwrap(), "inner");
    let info = top.which_children().await.unwrap();
    assert_eq!(info.children[0].reason.as_ref().map(Reason::kind), Some("max_restarts"));
    assert!(info.children[0].supervisor && !info.children[1].supervisor);
    read(&diary);
    let died = death(&node, &top);
    top.shutdown();
    died.reason().await;
    assert_eq!(read(&diary), ["-after", "-inner"]);
    assert!(matches!(deep.get(), Err(NotRunning::Ended { .. })));
}

/// A supervisor from an init function.
#[init("Supervisors::tree")]
fn tree(ctx: &mut Init, children: u32) -> SupervisorPort {
    let supervisor = (0..children).fold(Supervisor::new(Strategy::OneForOne), |supervisor, n| {
        supervisor.child(Child::new(format!("child {n}"), |_| ()))
    });
    supervisor.start_in(ctx)
}

#[tokio::test(start_paused = true)]
async fn an_init_function_makes_a_supervisor() {
    let node = Node::local();
    let supervisor = tree.on(&node, &node, (3,));
    supervisor.ready().await.unwrap();
    let call = node.cal(&supervisor, ("which_children",));
    let (info,): (SupervisorInfo,) = call.await.unwrap();
    let names: Vec<&str> = info.children.iter().map(|child| child.name.as_str()).collect();
    assert_eq!(names, ["child 0", "child 1", "child 2"]);
    let children: Vec<PortId> =
        info.children.iter().map(|child| child.port.clone().unwrap()).collect();
    let died = death(&node, &children[2]);
    supervisor.kil(());
    assert_eq!(died.reason().await.kind(), "shutdown", "a normal end ends the children, too");
}

#[tokio::test(start_paused = true)]
async fn children_come_and_go_at_run_time() {
    let (node, diary) = (Node::local(), Diary::default());
    let supervisor = Supervisor::new(Strategy::OneForOne).max_children(2).start(&node);
    let (a, b) = (noting("a", &diary), noting("b", &diary));
    let (a_ref, b_ref) = (a.child_ref(), b.child_ref());
    assert_eq!(supervisor.start_child(a.clone()).await.unwrap(), Ok(()));
    let taken = supervisor.start_child(a).await.unwrap();
    assert_eq!(taken, Err(SupervisorError::NameTaken { name: "a".into() }));
    assert_eq!(supervisor.start_child(b).await.unwrap(), Ok(()));
    let full = supervisor.start_child(noting("c", &diary)).await.unwrap();
    assert_eq!(full, Err(SupervisorError::Full { most: 2 }));
    let first = a_ref.wait().await.unwrap();
    b_ref.wait().await.unwrap();
    let died = death(&node, &first);
    assert_eq!(supervisor.terminate_child("a").await.unwrap(), Ok(()));
    died.reason().await;
    assert!(matches!(a_ref.get(), Err(NotRunning::Ended { .. })));
    assert_eq!(supervisor.restart_child("a").await.unwrap(), Ok(()));
    assert_ne!(a_ref.wait().await.unwrap(), first);
    // Untyped, as from another node: an error is answered as data.
    let call = node.cal(&supervisor, ("delete_child", "b"));
    let (deleted,): (Result<(), SupervisorError>,) = call.await.unwrap();
    assert_eq!(deleted, Ok(()));
    until("b is forgotten", || diary.lock().unwrap().contains(&"-b".into())).await;
    let unknown = supervisor.delete_child("b").await.unwrap();
    assert_eq!(unknown, Err(SupervisorError::NoSuchChild { name: "b".into() }));
    let info = supervisor.which_children().await.unwrap();
    assert_eq!(info.children.iter().map(|child| child.name.as_str()).collect::<Vec<_>>(), ["a"]);
}

/// Children that are linked with each other, and with their supervisor.
#[tokio::test(start_paused = true)]
async fn a_cycle_of_links_ends() {
    let node = Node::local();
    let own = Arc::new(Mutex::new(None::<PortId>));
    let refs: Arc<Mutex<Vec<ChildRef<FnPort>>>> = Arc::default();
    let mut supervisor = Supervisor::new(Strategy::OneForOne).intensity(10, 60 * SECOND);
    for name in ["a", "b"] {
        let (own, refs_of) = (own.clone(), refs.clone());
        let child = Child::new(name, move |init: &mut Init| {
            if let Some(supervisor) = &*own.lock().unwrap() {
                init.link(supervisor);
            }
            let others = refs_of.lock().unwrap().clone();
            for other in others.iter().filter(|other| other.name() != name) {
                if let Ok(id) = other.id() {
                    let own = init.id();
                    init.link(&id);
                    init.node().mon(own, Kil(id));
                }
            }
        });
        refs.lock().unwrap().push(child.child_ref());
        supervisor = supervisor.child(child);
    }
    let supervisor = supervisor.start(&node);
    *own.lock().unwrap() = Some(supervisor.id());
    supervisor.ready().await.unwrap();
    let [a, b] = [0, 1].map(|n: usize| refs.lock().unwrap()[n].clone());
    let before = [a.id().unwrap(), b.id().unwrap()];
    node.kil(&before[1], "broken");
    until("both are started again", || {
        a.id().is_ok_and(|now| now != before[0]) && b.id().is_ok_and(|now| now != before[1])
    })
    .await;
    tokio::time::sleep(60 * SECOND).await;
    let info = supervisor.which_children().await.unwrap();
    assert!(info.children.iter().all(|child| child.restarts <= 2), "{info:?}");
    let died = death(&node, a.id().unwrap());
    supervisor.kil("broken, too");
    died.reason().await;
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_ends_with_its_node_and_its_handles_say_so() {
    let (node, diary) = (Node::local(), Diary::default());
    let (_, [a, ..]) = abc(&node, Strategy::OneForOne, &diary).await;
    node.shutdown(SECOND).await;
    assert!(matches!(a.get(), Err(NotRunning::Ended { .. })), "{a:?}");
    assert!(a.wait().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_supervisor_can_be_awaited() {
    let (node, diary) = (Node::local(), Diary::default());
    let (supervisor, [a, ..]) = abc(&node, Strategy::OneForOne, &diary).await;
    read(&diary);
    a.get().unwrap().hang();
    supervisor.shutdown();
    assert_eq!(supervisor.ended().await.kind(), "shutdown");
    assert_eq!(
        read(&diary),
        ["-c", "-b", "-a"],
        "its children have ended, though one had to be killed"
    );
    assert_eq!(supervisor.ended().await.kind(), "no_such_port");
    let fails = Child::new("fails", |_| -> Result<Noting, Die> { Err(die!("no disk")) });
    let gives_up = Supervisor::new(Strategy::OneForOne).child(fails).start(&node);
    assert_eq!(gives_up.ended().await.kind(), "max_restarts");
}
