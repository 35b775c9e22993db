//! Two connected nodes: messages, requests, monitors and kills between their ports.

use std::time::Duration;

use crate::support::{death, for_each_pair, sink, soon};
use aemp_actor::prelude::*;
use aemp_actor::{CallError, Ref};

/// Counts.
#[derive(Port)]
struct Counter {
    count: u64,
}

#[rcv]
impl Counter {
    fn add(&mut self, n: u64) {
        self.count += n;
    }

    fn count(&self) -> u64 {
        self.count
    }

    fn half(&self) -> Result<u64, String> {
        if self.count.is_multiple_of(2) {
            Ok(self.count / 2)
        } else {
            Err(format!("{} is odd", self.count))
        }
    }

    fn optional(&self, one: Option<u8>, two: Option<bool>) -> (Option<u8>, Option<bool>) {
        (one, two)
    }

    fn break_down(&mut self, how: String) -> Result<u64, Die> {
        if how == "panic" {
            panic!("count {}", self.count);
        }
        Err(die!("{how}"))
    }

    fn report(&mut self, ctx: &mut Ctx<Self>, other: CounterRef) {
        other.add(self.count);
        ctx.stop(());
    }

    fn watch(&mut self, ctx: &mut Ctx<Self>, port: PortId, to: PortId) {
        ctx.mon(port, move |counter, ctx, reason| {
            ctx.snd(to, ("dead", reason, counter.count));
        });
    }

    fn link(&mut self, ctx: &mut Ctx<Self>, port: PortId) {
        ctx.link(port);
    }

    async fn forward(&mut self, ctx: &mut Ctx<Self>, to: CounterRef) -> u64 {
        let _ = ctx;
        to.count().await.unwrap_or(u64::MAX)
    }
}

#[init("TwoNodes::counter")]
fn make_counter(start: u64) -> Counter {
    Counter { count: start }
}

/// How many ports a fresh node has once the other one has met it: its rendezvous port, which is
/// spawned soon after the connection is up.
async fn settled(node: &Node) -> usize {
    crate::support::until("the nodes to have met", || node.port_count() == 1).await;
    1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typed_and_untyped_messages_are_the_same() {
    for_each_pair(async |a, b| {
        let there = make_counter.on(&a, b.id(), (2,));
        assert_eq!(there.id().node(), b.id());
        there.add(10);
        a.snd(&there, ("add", 20));
        assert_eq!(soon("count", there.count()).await.unwrap(), 32);
        b.snd(&there, ("add", "10", "surplus"));
        assert_eq!(soon("half", there.half()).await.unwrap(), Ok(21));
        let (count,): (u64,) = soon("count", a.cal(&there, ("count",))).await.unwrap();
        assert_eq!(count, 42);
        let same = CounterRef::from(Ref::at(&b, there.id()));
        assert_eq!(same, there);
        assert_eq!(soon("count", same.count()).await.unwrap(), 42);
        same.add(1);
        assert_eq!(soon("half", same.half()).await.unwrap(), Err("43 is odd".to_owned()));
        assert_eq!(soon("half", there.half()).await.unwrap(), Err("43 is odd".to_owned()));
    })
    .await;
}

/// Whatever the way is, they are encoded, and wait for room in the queue.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typed_messages_wait_for_room_are_sent_later_and_stop_a_port_elsewhere() {
    for_each_pair(async |a, b| {
        let there = make_counter.on(&a, b.id(), (2,));
        for _ in 0..10 {
            soon("room", there.when_room(|there| there.add(3))).await.unwrap();
        }
        let count = soon("room", there.when_room(|there| there.count())).await.unwrap();
        assert_eq!(soon("count", count).await.unwrap(), 32);
        there.after(Duration::from_millis(1)).add(10);
        let later = there.after(Duration::from_millis(2)).count();
        assert_eq!(soon("count", later).await.unwrap(), 42);
        assert!(soon("the end", there.stop(Duration::from_secs(60))).await.is_normal());
        assert_eq!(
            soon("the end", there.stop(Duration::from_secs(60))).await.kind(),
            "no_such_port"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trailing_options_may_be_left_out() {
    for_each_pair(async |a, b| {
        let there = make_counter.on(&a, b.id(), (0,));
        for (one, two) in [(Some(1), Some(true)), (None, None), (Some(1), None)] {
            let answer = soon("options", there.optional(one, two)).await.unwrap();
            assert_eq!(answer, (one, two));
        }
        let answer = a.cal::<((Option<u8>, Option<bool>),)>(&there, ("optional", "7"));
        assert_eq!(soon("options", answer).await.unwrap(), ((Some(7), None),));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handles_travel_and_send_from_where_they_arrive() {
    for_each_pair(async |a, b| {
        let here = CounterRef::from(Ref::at(&a, a.port(Counter { count: 2 }).id()));
        let there = make_counter.on(&a, b.id(), (40,));
        assert_eq!(soon("forward", there.forward(here.clone())).await.unwrap(), 2);
        let died = death(&a, &there);
        there.report(here.clone());
        assert!(died.reason().await.is_normal());
        assert_eq!(soon("count", here.count()).await.unwrap(), 42);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_and_kil_keep_their_order() {
    const MESSAGES: u32 = 2000;
    for_each_pair(async |a, b| {
        let ports = settled(&b).await;
        let mut there = sink(&b);
        let died = death(&b, &there);
        for n in 0..MESSAGES {
            a.snd(&there, (n, "x".repeat(n as usize % 50)));
        }
        a.kil(&there, "enough");
        a.snd(&there, ("too late",));
        for n in 0..MESSAGES {
            assert_eq!(there.message().await.tag(), n.to_string());
        }
        assert_eq!(died.text().await, "enough");
        // One message later, after the answer to something else, nothing came.
        soon("time", a.cal::<(f64,)>(&b, ("time",))).await.unwrap();
        assert_eq!(b.port_count(), ports);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_messages_pass() {
    for_each_pair(async |a, b| {
        let mut there = sink(&b);
        for size in [100, 70_000, 3_000_000] {
            a.snd(&there, ("large", "ü".repeat(size)));
            let message = there.message().await;
            assert_eq!(message.arg::<String>(0).unwrap().chars().count(), size);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_monitor_fires_once() {
    for_each_pair(async |a, b| {
        let (target, mut told) = (sink(&b), sink(&a));
        let (first, second) = (death(&a, &target), death(&a, &target));
        let victim = sink(&a);
        let victim_died = death(&a, &victim);
        a.mon(&target, Kil(&victim));
        a.mon(&target, Snd(&told, ("restart", 1)));
        let guarded = std::sync::Arc::new(());
        a.mon_guard(&target, guarded.clone());
        let cancelled = a.mon(&target, |_| panic!("was cancelled"));
        cancelled.cancel();
        drop(a.mon(&target, |_| panic!("its guard was dropped")).guard());
        a.kil(&target, ("my_error", "bye"));
        assert_eq!(first.text().await, "my_error: bye");
        assert_eq!(second.text().await, "my_error: bye");
        assert_eq!(victim_died.text().await, "my_error: bye");
        assert_eq!(told.next().await, r#"["restart",1,"my_error","bye"]"#);
        crate::support::until("the guarded thing to be dropped", || {
            std::sync::Arc::strong_count(&guarded) == 1
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_normal_end_kills_nobody() {
    for_each_pair(async |a, b| {
        let (target, mut bystander) = (sink(&b), sink(&a));
        a.mon(&target, Kil(&bystander));
        a.mon(&target, Snd(&bystander, ("ended",)));
        a.kil(&target, Reason::normal());
        assert_eq!(bystander.next().await, r#"["ended"]"#);
        a.snd(&bystander, ("alive",));
        assert_eq!(bystander.next().await, r#"["alive"]"#);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ports_watch_ports_of_the_other_node() {
    for_each_pair(async |a, b| {
        let (target, mut told) = (sink(&b), sink(&a));
        let watcher = CounterRef::from(Ref::at(&a, a.port(Counter { count: 7 }).id()));
        watcher.watch(target.id.clone(), told.id.clone());
        let linked = make_counter.on(&a, b.id(), (0,));
        linked.link(told.id.clone());
        // The monitors are in place when a request after them is answered.
        soon("count", watcher.count()).await.unwrap();
        soon("count", linked.count()).await.unwrap();
        let linked_died = death(&a, &linked);
        a.kil(&target, ("e", "t"));
        assert_eq!(told.next().await, r#"["dead",["e","t"],7]"#);
        a.kil(&told, "over");
        assert_eq!(linked_died.text().await, "over");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failing_handlers_kill_their_port_and_say_why() {
    for_each_pair(async |a, b| {
        for (how, text) in [("no more ink", "no more ink"), ("panic", "panicked: count 5")] {
            let there = make_counter.on(&a, b.id(), (5,));
            let died = death(&a, &there);
            let error = soon("an error", there.break_down(how.to_owned())).await.unwrap_err();
            assert_eq!(error.reason().map(Reason::kind), Some("die"), "{error}");
            let reason = died.reason().await;
            assert_eq!((reason.kind(), reason.text().as_str()), ("die", text));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_without_an_answer() {
    for_each_pair(async |a, b| {
        let ports = settled(&a).await;
        let silent = b.port_fn(|_, _| {});
        let silent = silent.id();
        let call = a.cal::<()>(&silent, ("ping",)).timeout(Duration::from_millis(20));
        let error = soon("a timeout", call).await.unwrap_err();
        assert!(
            matches!(&error, CallError::Timeout { target, .. } if *target == silent),
            "{error}"
        );

        let call = a.cal::<()>(&silent, ("ping",));
        a.kil(&silent, ("tired", "of it"));
        let error = soon("a death", call).await.unwrap_err();
        assert_eq!(error.to_string(), format!("{silent} died before it answered: tired: of it"));

        let error = soon("a death", a.cal::<()>(&silent, ("ping",))).await.unwrap_err();
        assert_eq!(error.reason().map(Reason::kind), Some("no_such_port"), "{error}");

        let error = soon("an answer", a.cal::<(bool,)>(&b, ("info",))).await.unwrap_err();
        assert!(matches!(&error, CallError::BadAnswer { .. }), "{error}");
        crate::support::until("the reply ports to be gone", || a.port_count() == ports).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_talk_at_once() {
    for_each_pair(async |a, b| {
        let there = make_counter.on(&a, b.id(), (0,));
        let here = make_counter.on(&b, a.id(), (0,));
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..16 {
            let (there, here) = (there.clone(), here.clone());
            tasks.spawn(async move {
                let (own, other) = if task % 2 == 0 { (there, here) } else { (here, there) };
                for _ in 0..50 {
                    own.add(1);
                    own.count().await.unwrap();
                    other.add(1);
                }
                own.count().await.unwrap();
                other.count().await.unwrap();
            });
        }
        soon("the tasks", tasks.join_all()).await;
        assert_eq!(soon("count", there.count()).await.unwrap(), 800);
        assert_eq!(soon("count", here.count()).await.unwrap(), 800);
    })
    .await;
}
