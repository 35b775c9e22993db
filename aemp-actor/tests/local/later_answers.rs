//! Answers that are given after the handler has ended: by whom, and what becomes of those that are not.

use std::collections::VecDeque;
use std::time::Duration;

use aemp_actor::Ref;
use aemp_actor::plumbing::{Encoder, Unencodable};
use aemp_actor::prelude::*;
use tokio::time::Instant;

/// Takes its time.
#[derive(Port)]
struct Worker;

#[rcv]
impl Worker {
    async fn work(&self, n: u32) -> u32 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        2 * n
    }
    fn fail(&self, _n: u32) -> Result<u32, Die> {
        Err(die!("broken"))
    }
}

/// Keeps requests, and gives them to others.
#[derive(Default, Port)]
struct Front {
    workers: VecDeque<WorkerRef>,
    held: Vec<Reply<u32>>,
}

#[rcv]
impl Front {
    fn work(&mut self, n: u32, reply: Reply<u32>) -> Result<(), Die> {
        let worker = self.workers.front().ok_or_else(|| die!("no workers"))?;
        reply.forward(worker.work(n));
        self.workers.rotate_left(1);
        Ok(())
    }
    fn pass(&self, worker: WorkerRef, reply: Reply<u32>) {
        reply.forward(worker.fail(1));
    }
    fn quickly(&self, worker: WorkerRef, reply: Reply<u32>) {
        reply.forward(worker.work(1).timeout(Duration::from_millis(1)));
    }
    fn hold(&mut self, _more: Rest, reply: Reply<u32>) {
        self.held.push(reply);
    }
    fn release(&mut self, value: u32) {
        self.held.drain(..).for_each(|reply| reply.answer(value));
    }
    fn refuse(&mut self) {
        self.held.drain(..).for_each(|reply| reply.fail(("busy", "come back later")));
    }
    fn forget(&mut self) {
        self.held.clear();
    }
    fn forget_now(&self, _reply: Reply<u32>) {}
    fn forget_and_die(&self, _reply: Reply<u32>) -> Result<(), Die> {
        Err(die!("forgetful"))
    }
    fn in_a_task(&self, seconds: u64, reply: Reply<u32>) {
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            reply.answer(7);
        });
    }
    fn after_death(&self, ctx: &mut Ctx<Self>, of: WorkerRef, reply: Reply<String>) {
        ctx.mon(&of, |_, _, reason| reply.answer(reason.to_string()));
    }
    fn post_and_die(&self, ctx: &mut Ctx<Self>, reply: Reply<u32>) {
        let answer = ctx.psub(|_, _, reply: Reply<u32>| reply.answer(1));
        ctx.snd(ctx.id(), ("forget_and_die",));
        answer(reply);
    }
    fn panic(&self, _reply: Reply<u32>) {
        panic!("on purpose");
    }
    #[rcv(local)]
    fn borrowed(&self, text: &'static str, reply: Reply<&'static str>) {
        reply.answer(text);
    }
    async fn slowly_forget(&self, reply: Reply<u32>) {
        drop(reply);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// The same request by typed handle, and untyped.
async fn both(
    node: &Node,
    front: &FrontRef,
    tag: &str,
    typed: impl FnOnce(&FrontRef) -> Call<u32>,
    meanwhile: impl AsyncFn(&FrontRef),
) -> [Result<u32, CallError>; 2] {
    let typed = typed(front);
    let untyped = node.cal::<(u32,)>(front, (tag,));
    let meanwhile = meanwhile(front);
    let (typed, untyped, ()) = tokio::join!(typed, untyped, meanwhile);
    [typed, untyped.map(|(answer,)| answer)]
}

#[tokio::test(start_paused = true)]
async fn eight_requests_through_a_front_use_all_workers() {
    let node = Node::local();
    let workers = (0..4).map(|_| node.port(Worker)).collect();
    let front = node.port(Front { workers, held: Vec::new() });
    let begun = Instant::now();
    let calls = Vec::from_iter((0..8).map(|n| front.work(n)));
    for (n, call) in (0..).zip(calls) {
        assert_eq!(call.await, Ok(2 * n));
    }
    assert_eq!(begun.elapsed(), Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn an_answer_comes_from_anywhere() {
    let node = Node::local();
    let front = node.port(Front::default());
    let answers = both(
        &node,
        &front,
        "hold",
        |front| front.hold(Rest::default()),
        async |front| {
            front.release(5);
        },
    );
    assert_eq!(answers.await, [Ok(5), Ok(5)]);
    assert_eq!(front.in_a_task(20).await, Ok(7));
    assert_eq!(node.cal::<(u32,)>(&front, ("in_a_task", 20)).await, Ok((7,)));
    assert_eq!(front.borrowed("here").await, Ok("here"));
    let worker = node.port(Worker);
    let reason = front.after_death(worker.clone());
    worker.kil("done");
    assert_eq!(reason.await, Ok("done".to_owned()));
    assert_eq!(node.port_count(), 1, "no reply ports are left");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_reply_is_told_at_once() {
    let node = Node::local();
    let front = node.port(Front::default());
    let begun = Instant::now();
    let dropped = || [(); 2].map(|()| Err(CallError::Dropped { target: front.id() }));
    let answers = both(
        &node,
        &front,
        "hold",
        |front| front.hold(Rest::default()),
        async |front| {
            front.forget();
        },
    );
    assert_eq!(answers.await, dropped());
    let answers = both(&node, &front, "forget_now", FrontRef::forget_now, async |_| {});
    assert_eq!(answers.await, dropped());
    assert_eq!(begun.elapsed(), Duration::ZERO);
    let answers = both(&node, &front, "slowly_forget", FrontRef::slowly_forget, async |_| {});
    assert_eq!(answers.await, dropped());
    let error = front.forget_now().await.unwrap_err();
    assert_eq!(error.to_string(), format!("{front} dropped the request without an answer"));
}

#[tokio::test(start_paused = true)]
async fn a_failed_reply_tells_why() {
    let node = Node::local();
    let front = node.port(Front::default());
    let answers = both(
        &node,
        &front,
        "hold",
        |front| front.hold(Rest::default()),
        async |front| {
            front.refuse();
        },
    );
    for answer in answers.await {
        let error = answer.unwrap_err();
        assert_eq!(error.to_string(), format!("{front} failed the request: busy: come back later"));
        assert_eq!(error.reason().map(Reason::kind), Some("busy"));
    }
    assert_eq!(front.in_a_task(0).await, Ok(7), "the port lives");
}

#[tokio::test(start_paused = true)]
async fn the_death_of_the_holder_is_told() {
    let node = Node::local();
    type Ask = fn(&FrontRef) -> Call<u32>;
    let held: (&str, Ask) = ("hold", |front| front.hold(Rest::default()));
    let tasks: (&str, Ask) = ("in_a_task", |front| front.in_a_task(1000));
    let dies: (&str, Ask) = ("forget_and_die", FrontRef::forget_and_die);
    let posts: (&str, Ask) = ("post_and_die", FrontRef::post_and_die);
    let panics: (&str, Ask) = ("panic", FrontRef::panic);
    for (tag, ask) in [held, tasks, dies, posts, panics] {
        for untyped in [false, true] {
            let front = node.port(Front::default());
            let call = async {
                if untyped {
                    let request = (tag, if tag == "in_a_task" { 1000 } else { 0 });
                    node.cal::<(u32,)>(&front, request).await.map(|_| ())
                } else {
                    ask(&front).await.map(|_| ())
                }
            };
            let kil = async {
                tokio::task::yield_now().await;
                front.kil("gone");
            };
            let (answer, ()) = tokio::join!(call, kil);
            let error = answer.unwrap_err();
            let reason = match tag {
                "hold" | "in_a_task" => "gone",
                "panic" => "die: panicked: on purpose",
                _ => "die: forgetful",
            };
            let expected = format!("{front} died before it answered: {reason}");
            assert_eq!(error.to_string(), expected, "{tag}, untyped: {untyped}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_forward_the_new_port_counts() {
    let node = Node::local();
    let front = node.port(Front::default());
    // The first dies, which is nobody's affair any more.
    for untyped in [false, true] {
        let worker = node.port(Worker);
        let front = node.port(Front { workers: [worker].into(), held: Vec::new() });
        let answer = async {
            if untyped {
                node.cal::<(u32,)>(&front, ("work", 4)).await.map(|(n,)| n)
            } else {
                front.work(4).await
            }
        };
        let kil = async {
            tokio::task::yield_now().await;
            front.kil("gone");
        };
        assert_eq!(tokio::join!(answer, kil).0, Ok(8), "untyped: {untyped}");
    }
    // The second dies.
    for untyped in [false, true] {
        let worker = node.port(Worker);
        let error = if untyped {
            node.cal::<(u32,)>(&front, ("pass", &worker)).await.unwrap_err()
        } else {
            front.pass(worker.clone()).await.unwrap_err()
        };
        assert_eq!(error.to_string(), format!("{worker} died before it answered: die: broken"));
    }
    // Its own deadline.
    let worker = node.port(Worker);
    let error = front.quickly(worker.clone()).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Timeout { target, .. } if *target == worker.id()),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_caller_keeps_its_deadline() {
    let node = Node::local();
    let front = node.port(Front::default());
    let begun = Instant::now();
    let call = front.in_a_task(50).timeout(Duration::from_secs(9));
    assert!(matches!(call.await, Err(CallError::Timeout { .. })));
    assert_eq!(begun.elapsed().as_secs(), 9);
    assert_eq!(front.in_a_task(50).timeout(Duration::from_secs(60)).await, Ok(7));
    // A forwarded request waits for as long as the caller does, and ends with it.
    let slow = node.port(Front::default());
    let relay = node.port(Relay(slow.clone()));
    assert_eq!(relay.in_a_task(50).timeout(Duration::from_secs(60)).await, Ok(7));
    let call = node.cal::<(u32,)>(&relay, ("in_a_task", 50)).timeout(Duration::from_secs(60));
    assert_eq!(call.await, Ok((7,)));
    let abandoned = relay.in_a_task(50).timeout(Duration::from_secs(1)).await;
    assert!(matches!(abandoned, Err(CallError::Timeout { .. })));
}

/// Passes requests on.
#[derive(Port)]
struct Relay(FrontRef);

#[rcv]
impl Relay {
    fn in_a_task(&self, seconds: u64, reply: Reply<u32>) {
        reply.forward(self.0.in_a_task(seconds));
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_needs_to_ask() {
    let node = Node::local();
    let front = node.port(Front::default());
    node.snd(&front, ("hold",));
    node.snd(&front, ("forget_now",));
    front.release(1);
    assert_eq!(front.in_a_task(0).await, Ok(7));
    let dropped = node.dropped();
    assert_eq!((dropped.bad_message, dropped.unknown_port, dropped.dead_port), (0, 0, 0));
}

/// A port without macros keeps replies, too.
struct ByHand(Vec<Reply<u8>>);

enum ByHandMsg {
    Ask(Reply<u8>),
    Fail(Reply<u8>),
    Answer,
}

impl Port for ByHand {
    type Msg = ByHandMsg;
    type Ref = Ref<Self>;

    async fn handle(&mut self, ctx: &mut Ctx<Self>, msg: ByHandMsg) -> Result<(), Die> {
        match msg {
            ByHandMsg::Ask(reply) => self.0.push(reply.later(ctx)),
            ByHandMsg::Fail(reply) => reply.fail("busy"),
            ByHandMsg::Answer => self.0.drain(..).for_each(|reply| reply.answer(3)),
        }
        Ok(())
    }

    fn decode(msg: Message) -> Result<ByHandMsg, BadMessage> {
        match msg.tag() {
            "ask" => Ok(ByHandMsg::Ask(Reply::port(msg.arg(0).ok()))),
            _ => Err(BadMessage::unknown(msg, &["ask"])),
        }
    }

    fn encode(msg: &ByHandMsg, to: Encoder<'_>) -> Result<(), Unencodable> {
        match msg {
            ByHandMsg::Ask(reply) => to.message(&("ask", reply)),
            ByHandMsg::Fail(reply) => to.message(&("fail", reply)),
            ByHandMsg::Answer => to.local_only("answer"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn ports_without_macros_answer_later() {
    let node = Node::local();
    let port = node.port(ByHand(Vec::new()));
    let typed = port.call(ByHandMsg::Ask);
    let untyped = node.cal::<(u8,)>(&port, ("ask",));
    port.tell(ByHandMsg::Answer);
    assert_eq!((typed.await, untyped.await), (Ok(3), Ok((3,))));
    let failed = port.call(ByHandMsg::Fail).await;
    assert!(matches!(failed, Err(CallError::Failed { .. })), "{failed:?}");
    let call = port.call(ByHandMsg::Ask);
    port.kil("gone");
    assert_eq!(call.await.unwrap_err().reason().map(Reason::kind), Some("gone"));
}
