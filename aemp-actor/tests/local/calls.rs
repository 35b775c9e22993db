//! Requests: every one ends, with an answer, a reason or a deadline.

use std::sync::Arc;
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{FnPortRef, PortRef};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Answers some requests.
#[derive(Port)]
struct Clerk;

#[rcv]
impl Clerk {
    fn twice(&self, n: u32) -> u32 {
        2 * n
    }
    async fn slowly(&self, seconds: u64) -> u64 {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        seconds
    }
    async fn never(&self) -> u64 {
        std::future::pending().await
    }
    fn refuse(&self) -> Result<u64, Die> {
        Err(die!("refused"))
    }
    fn through(&self, ctx: &mut Ctx<Self>, other: ClerkRef, n: u32) {
        // Not awaited: the port goes on, and the answer is lost.
        drop(other.twice(n));
        ctx.snd(other, ("twice", n));
    }
    async fn relay(&self, other: ClerkRef, n: u32) -> Result<u32, Die> {
        Ok(other.twice(n).await? + 1)
    }
}

/// A port that never answers.
fn silent(node: &Node) -> FnPortRef {
    node.port_fn(|_, _| {})
}

#[tokio::test(start_paused = true)]
async fn there_is_always_a_deadline() {
    let node = Node::local();
    let clerk = node.port(Clerk);
    let begun = Instant::now();
    let (typed, untyped) = (clerk.never(), node.cal::<(u64,)>(silent(&node), ("x",)));
    let target = format!("no answer from {clerk} within 30s");
    let (typed, untyped) = tokio::join!(typed, untyped);
    assert_eq!(typed.unwrap_err().to_string(), target);
    assert!(matches!(untyped, Err(CallError::Timeout { after, .. }) if after.as_secs() == 30));
    assert_eq!(begun.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_counts_from_the_sending() {
    let node = Node::local();
    let (clerk, silent) = (node.port(Clerk), silent(&node));
    let calls = (
        clerk.never().timeout(Duration::from_secs(5)),
        node.cal::<()>(&silent, ()).timeout(Duration::from_secs(5)),
    );
    tokio::time::sleep(Duration::from_secs(4)).await;
    let begun = Instant::now();
    let (one, two) = tokio::join!(calls.0, calls.1);
    assert!(one.is_err() && two.is_err());
    assert_eq!(begun.elapsed().as_secs(), 1);
    let clerk = node.port(Clerk);
    let late = clerk.twice(4).timeout(Duration::from_secs(1));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(late.await, Ok(8), "an answer that is there counts, however late it is looked at");
}

#[tokio::test(start_paused = true)]
async fn deadlines_of_any_length() {
    let node = Node::local();
    let clerk = node.port(Clerk);
    assert_eq!(clerk.slowly(100).timeout(Duration::MAX).await, Ok(100));
    assert_eq!(clerk.slowly(100).timeout(Duration::from_secs(101)).await, Ok(100));
    let error = clerk.slowly(100).timeout(Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout { .. }));
    let far = node.cal::<(u64,)>(&clerk, ("slowly", 7)).timeout(Duration::MAX);
    assert_eq!(far.await, Ok((7,)));
}

#[tokio::test(start_paused = true)]
async fn a_port_that_dies_is_told_with_its_reason() {
    let node = Node::local();
    for typed in [true, false] {
        let clerk = node.port(Clerk);
        let error = if typed {
            clerk.refuse().await.unwrap_err()
        } else {
            node.cal::<()>(&clerk, ("refuse",)).await.unwrap_err()
        };
        assert_eq!(error.to_string(), format!("{clerk} died before it answered: die: refused"));
        assert_eq!(error.reason().unwrap().kind(), "die");
        // Dead already.
        let error = if typed {
            clerk.twice(1).await.unwrap_err()
        } else {
            node.cal::<()>(&clerk, ("twice", 1)).await.unwrap_err()
        };
        let expected = if typed { "die" } else { "no_such_port" };
        assert_eq!(error.reason().unwrap().kind(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn ends_of_all_kinds_reach_the_caller() {
    let node = Node::local();
    let clerk = node.port(Clerk);
    let calls = (clerk.slowly(5), clerk.twice(1));
    clerk.kil(("own", "reason"));
    let behind = clerk.twice(2);
    assert_eq!((calls.0.await, calls.1.await), (Ok(5), Ok(2)), "what came before is answered");
    assert_eq!(behind.await.unwrap_err().reason().unwrap().kind(), "own");

    let clerk = node.port(Clerk);
    let (busy, waiting) = (clerk.never(), clerk.twice(1));
    let silent = silent(&node);
    let untyped = node.cal::<()>(&silent, ());
    tokio::task::yield_now().await;
    node.shutdown(Duration::ZERO).await;
    for reason in [
        busy.await.unwrap_err(),
        waiting.await.unwrap_err(),
        untyped.await.unwrap_err(),
        clerk.twice(1).await.unwrap_err(),
        node.cal::<()>(&silent, ()).await.unwrap_err(),
    ] {
        assert_eq!(reason.reason().map(Reason::kind), Some("shutdown"), "{reason}");
    }
}

#[tokio::test]
async fn calls_leave_nothing_behind() {
    let node = Node::local();
    let (clerk, silent) = (node.port(Clerk), silent(&node));
    for n in 0..100 {
        assert_eq!(node.cal::<(u32,)>(&clerk, ("twice", n)).await, Ok((2 * n,)));
        assert!(node.cal::<(u32, u8)>(&clerk, ("twice", n)).await.is_err());
        drop(node.cal::<()>(&silent, ("dropped",)));
        drop(clerk.twice(n));
        let late = node.cal::<()>(&silent, ("late",)).timeout(Duration::ZERO).await;
        assert!(matches!(late, Err(CallError::Timeout { .. })));
    }
    assert_eq!(node.port_count(), 2);
}

#[tokio::test]
async fn the_first_answer_counts() {
    let node = Node::local();
    let eager = node.port_fn(|ctx, msg| -> Result<(), Die> {
        for n in 0..3 {
            ctx.snd(msg.arg::<PortId>(0)?, (n,));
        }
        Ok(())
    });
    assert_eq!(node.cal::<(u8,)>(&eager, ("x",)).await, Ok((0,)));
    let late = node.dropped();
    assert_eq!((late.unknown_port + late.dead_port, node.port_count()), (2, 1));
    // A reply port can be killed, as others.
    let killer = node.port_fn(|ctx, msg| -> Result<(), Die> {
        ctx.kil(msg.arg::<PortId>(0)?, ("own", "no answer"));
        Ok(())
    });
    let error = node.cal::<()>(&killer, ("x",)).await.unwrap_err();
    assert_eq!(error.reason().unwrap().kind(), "own");
}

#[tokio::test]
async fn handlers_may_ask_others() {
    let node = Node::local();
    let (one, two) = (node.port(Clerk), node.port(Clerk));
    assert_eq!(one.relay(two.clone(), 4).await, Ok(9));
    assert_eq!(node.cal::<(u32,)>(&one, ("relay", &two, 5)).await, Ok((11,)));
    one.through(two.clone(), 3);
    assert_eq!(one.twice(1).await, Ok(2));
    two.kil("gone");
    let error = one.relay(two, 4).await.unwrap_err();
    let text = error.reason().unwrap().text();
    assert!(text.contains("died before it answered: gone"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_port_that_asks_itself_is_told_at_once() {
    let node = Node::local();
    let clerk = node.port(Clerk);
    let begun = Instant::now();
    let error = clerk.relay(clerk.clone(), 1).timeout(Duration::MAX).await.unwrap_err();
    assert!(error.reason().unwrap().text().contains("waits for itself"), "{error}");
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn a_call_can_be_awaited_elsewhere() {
    let node = Node::local();
    let clerk = node.port(Clerk);
    let (typed, untyped) = (clerk.twice(2), node.cal::<(u32,)>(&clerk, ("twice", 3)));
    let task = tokio::spawn(async move { (typed.await, untyped.await) });
    assert_eq!(task.await.unwrap(), (Ok(4), Ok((6,))));
}

#[tokio::test]
async fn peval_gives_what_the_code_gave() {
    let node = Node::local();
    let clerk = node.port(Clerk);
    let id = clerk.id();
    assert_eq!(clerk.peval(|_, ctx| Ok(ctx.id())).await, Ok(id));
    let held = Arc::new(());
    let (hold, (go, wait)) = (held.clone(), oneshot::channel());
    let unwatched = clerk.peval(move |_, _| {
        drop(hold);
        go.send(()).map_err(|()| die!("nobody waits"))
    });
    drop(unwatched);
    wait.await.expect("it runs, though nobody awaits it");
    let died = clerk.peval::<(), _>(|_, _| Err(die!("peval fails"))).await.unwrap_err();
    assert!(died.to_string().contains(&clerk.to_string()), "{died}");
    assert_eq!(clerk.twice(1).await.unwrap_err().reason().unwrap().text(), "peval fails");
    assert!(clerk.peval(|_, _| Ok(())).await.is_err());
    let far = ClerkRef::from(PortId::from("elsewhere#1"));
    let error = ClerkRef::at(&node, far.id()).peval(|_, _| Ok(())).await.unwrap_err();
    assert!(matches!(error, aemp_actor::PevalError::NotLocal { .. }), "{error}");
    assert_eq!(Arc::strong_count(&held), 1);
}

/// The reply ports of a node.
async fn reply_ports(node: &Node) -> usize {
    let query = aemp_actor::introspection::PortQuery::new().pattern("reply");
    node.introspect(node).ports(query).await.unwrap().ports.len()
}

/// A request by ID within a node is answered, and ends with its port, without one.
#[tokio::test(start_paused = true)]
async fn a_reply_port_is_made_when_somebody_looks_at_it() {
    let node = Node::local();
    let clerk = node.port(Clerk);
    let twice: (u32,) = node.cal(&clerk, ("twice", 2)).await.unwrap();
    let slowly = node.cal::<(u64,)>(&clerk, ("slowly", 3));
    let never = node.cal::<(u64,)>(&clerk, ("never",));
    let waiting = node.cal::<(u32,)>(&clerk, ("twice", 4));
    assert_eq!((twice, slowly.await), ((4,), Ok((3,))));
    assert_eq!(reply_ports(&node).await, 0);
    node.kil_now(&clerk, ("moved", "away"));
    for error in [never.await.unwrap_err(), waiting.await.map(drop).unwrap_err()] {
        assert_eq!(error.reason().map(Reason::kind), Some("moved"), "{error}");
    }
    let (tell, mut ids) = tokio::sync::mpsc::unbounded_channel();
    let reader = node.port_fn(move |_, msg| tell.send(msg.arg::<PortId>(0).unwrap()).unwrap());
    let call = node.cal::<(u32,)>(&reader, ("anything",));
    let id = ids.recv().await.unwrap();
    assert_eq!(reply_ports(&node).await, 1);
    node.snd(&id, (7,));
    assert_eq!((call.await, reply_ports(&node).await), (Ok((7,)), 0));
    drop(node.cal::<(u32,)>(&reader, ("given up",)));
    ids.recv().await.unwrap();
    assert_eq!(reply_ports(&node).await, 0);
}

/// Whoever has the message, and whether he looks at the reply port or not.
#[tokio::test(start_paused = true)]
async fn a_request_that_is_kept_as_a_message_ends_with_its_port() {
    let node = Node::local();
    let (keep, mut kept) = tokio::sync::mpsc::unbounded_channel();
    let keeper = node.port_fn(move |_, msg| keep.send(msg).unwrap());
    let (first, second) = (node.cal::<(u8,)>(&keeper, ("a",)), node.cal::<(u8,)>(&keeper, ("b",)));
    let (one, _two) = (kept.recv().await.unwrap(), kept.recv().await.unwrap());
    let echo = node.port_fn(|ctx, msg| ctx.snd(msg.arg::<PortId>(0).unwrap(), (9,)));
    node.snd(echo, &one);
    assert_eq!(first.await, Ok((9,)));
    node.kil(&keeper, ("closed", "for good"));
    assert_eq!(second.await.unwrap_err().reason().map(Reason::kind), Some("closed"));
}

#[derive(Port)]
struct Spy;

#[rcv]
impl Spy {
    fn look(&self, ctx: &mut Ctx<Self>, at: PortId) {
        ctx.snd(at, ("seen",));
    }
    fn ignore(&self) {}
    fn optional(&self, n: Option<u32>, who: Option<String>) -> (Option<u32>, Option<String>) {
        (n, who)
    }
    fn all(&self, rest: Rest) -> usize {
        rest.0.len()
    }
}

/// As from any other node: what stands last is the reply port, where the handler takes one.
#[tokio::test(start_paused = true)]
async fn the_reply_port_is_the_last_argument() {
    let node = Node::local();
    let spy = node.port(Spy);
    assert_eq!(node.cal(&spy, ("look",)).await, Ok(("seen".to_owned(),)));
    let ignored = node.cal::<(u8,)>(&spy, ("ignore",)).await;
    assert!(matches!(ignored, Err(CallError::Timeout { .. })), "{ignored:?}");
    assert_eq!(node.cal(&spy, ("optional", 1)).await, Ok(((Some(1), None::<String>),)));
    assert_eq!(node.cal(&spy, ("all", 1, 2)).await, Ok((2,)));
    let refused = node.cal::<(u8,)>(&spy, ("optional", "x")).await;
    assert!(matches!(refused, Err(CallError::Refused { .. })), "{refused:?}");
    let text = node.cal::<(u8,)>(&spy, ("unknown",)).await.unwrap_err().to_string();
    assert!(text.contains("unknown tag"), "{text}");
}
