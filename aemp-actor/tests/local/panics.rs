//! A panic anywhere in a port kills that port, with `die` and the text, and nothing else.

use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{BadMessage, PevalError, PortRef};
use serde::{Serialize, Serializer};
use tokio::sync::oneshot;

/// A port whose every method panics.
#[derive(Default, Port)]
struct Faulty {
    tolerated: bool,
}

/// Something that cannot be serialised.
#[derive(serde::Deserialize)]
struct Unserialisable;

impl Serialize for Unserialisable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("this is not serialised"))
    }
}

#[rcv]
impl Faulty {
    fn sync(&mut self) {
        panic!("in a handler");
    }
    async fn at_once(&mut self) {
        panic!("before any await");
    }
    async fn later(&mut self) {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        panic!("after an await");
    }
    async fn asleep(&mut self) {
        tokio::time::sleep(Duration::from_secs(5)).await;
        panic!("after a sleep");
    }
    fn request(&self) -> u8 {
        panic!("in a request")
    }
    fn index(&self, at: usize) -> u8 {
        [1, 2, 3][at]
    }
    fn send(&self, ctx: &mut Ctx<Self>) {
        ctx.snd(ctx.id(), Unserialisable);
    }
    fn answer(&self) -> Unserialisable {
        Unserialisable
    }
    #[rcv(bad_message)]
    fn bad(&mut self, bad: BadMessage) {
        assert!(self.tolerated, "bad: {}", bad.message().tag());
    }
}

/// Watches the port, lets `harm` do its harm, and gives the text that the port died with. The
/// other ports of the node live on.
async fn text_of(harm: impl FnOnce(&Node, &FaultyRef)) -> String {
    let node = Node::local();
    let (port, bystander) = (node.port(Faulty::default()), node.port_fn(|_, _| {}));
    let (tell, told) = oneshot::channel();
    node.mon(&port, move |reason: Reason| tell.send(reason).unwrap_or(()));
    harm(&node, &port);
    let told = tokio::time::timeout(Duration::from_secs(60), told).await;
    let reason = told.expect("the port dies").unwrap();
    assert_eq!(reason.kind(), "die");
    bystander.peval(|_, _| Ok(())).await.expect("nothing else dies");
    assert_eq!(node.port_count(), 1);
    reason.text()
}

#[tokio::test(start_paused = true)]
async fn in_handlers() {
    assert_eq!(text_of(|_, port| port.sync()).await, "panicked: in a handler");
    assert_eq!(text_of(|_, port| port.at_once()).await, "panicked: before any await");
    assert_eq!(text_of(|_, port| port.later()).await, "panicked: after an await");
    assert_eq!(text_of(|_, port| port.asleep()).await, "panicked: after a sleep");
    assert_eq!(text_of(|_, port| drop(port.request())).await, "panicked: in a request");
    assert!(text_of(|_, port| drop(port.index(9))).await.contains("index is 9"));
    assert_eq!(text_of(|node, port| node.snd(port, ("later",))).await, "panicked: after an await");
}

#[tokio::test]
async fn in_what_is_called_for_bad_messages() {
    assert_eq!(text_of(|node, port| node.snd(port, ("odd",))).await, "panicked: bad: odd");
}

#[tokio::test]
async fn in_what_cannot_be_serialised() {
    let text = text_of(|_, port| port.send()).await;
    assert!(text.contains("this is not serialised"), "{text}");
    let text = text_of(|node, port| drop(node.cal::<()>(port, ("answer",)))).await;
    assert!(text.contains("this is not serialised"), "{text}");
}

#[tokio::test]
async fn in_closures_run_in_the_port() {
    let text = text_of(|_, port| drop(port.peval::<(), _>(|_, _| panic!("in peval")))).await;
    assert_eq!(text, "panicked: in peval");
    let harm = |_: &Node, port: &FaultyRef| {
        drop(port.peval(|_, ctx| {
            let sub = ctx.psub(|_, _, text: &str| assert_eq!(text, "", "in psub"));
            sub("why");
            Ok(())
        }));
    };
    let text = text_of(harm).await;
    assert!(text.contains("in psub") && text.contains("why"), "{text}");
    let harm = |node: &Node, port: &FaultyRef| {
        let dead = PortId::from(format!("{}#dead", node.id()));
        drop(port.peval(|_, ctx| {
            ctx.mon(dead, |_, _, reason| {
                assert!(reason.is_normal(), "in a monitor: {}", reason.kind())
            });
            Ok(())
        }));
    };
    assert_eq!(text_of(harm).await, "panicked: in a monitor: no_such_port");
}

#[tokio::test(start_paused = true)]
async fn in_timers() {
    let harm = |_: &Node, port: &FaultyRef| {
        drop(port.peval(|_, ctx| {
            ctx.after(Duration::from_secs(1), |port, _| assert!(port.tolerated, "in a timer"));
            Ok(())
        }));
    };
    assert_eq!(text_of(harm).await, "panicked: in a timer");
}

#[tokio::test]
async fn callers_are_told() {
    let node = Node::local();
    let port = node.port(Faulty::default());
    let (one, two) = (port.request(), port.request());
    let three = node.cal::<(u8,)>(&port, ("request",));
    let four = port.peval(|_, _| Ok(1));
    for died in [one.await, two.await, three.await.map(|(n,)| n)] {
        let Err(CallError::Died { reason, target }) = died else { panic!("{died:?}") };
        assert_eq!((reason.text().as_str(), target), ("panicked: in a request", port.id()));
    }
    assert_eq!(four.await, Err(PevalError::Died { target: port.id() }));
}

#[init("local_panics::sync")]
fn panics_at_once(n: u32) -> Faulty {
    assert!(n > 7, "{n} is not more than 7");
    Faulty { tolerated: true }
}

#[init("local_panics::async")]
async fn panics_later(n: u32) -> Faulty {
    tokio::task::yield_now().await;
    assert!(n > 7, "{n} is not more than 7");
    Faulty::default()
}

#[tokio::test]
async fn in_init_functions() {
    let node = Node::local();
    for init in [panics_at_once, panics_later] {
        let (tell, told) = oneshot::channel();
        let port = init.on(&node, node.id(), (3,));
        node.mon(&port, move |reason: Reason| tell.send(reason).unwrap_or(()));
        port.sync();
        assert_eq!(told.await.unwrap().to_string(), "die: panicked: 3 is not more than 7");
        let port = init.on(&node, node.id(), (8,));
        assert_eq!(port.index(1).await, Ok(2));
    }
}

#[tokio::test]
async fn in_a_sender_outside_any_port_they_are_the_senders() {
    let node = Node::local();
    let port = node.port(Faulty { tolerated: true });
    let (node2, port2) = (node.clone(), port.clone());
    let sender = tokio::spawn(async move { node2.snd(&port2, Unserialisable) });
    let panic = sender.await.unwrap_err().into_panic();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains(&port.to_string()) && text.contains("not serialised"), "{text}");
    assert_eq!(port.index(0).await, Ok(1));
}

#[tokio::test]
async fn a_request_that_cannot_be_serialised_leaves_nothing() {
    #[derive(Port)]
    struct Fussy;
    #[rcv]
    impl Fussy {
        fn ask(&self, _what: Unserialisable) -> u8 {
            1
        }
    }
    let node = Node::local();
    let fussy = node.port(Fussy);
    assert_eq!(fussy.ask(Unserialisable).await, Ok(1), "here it needs not be");
    let elsewhere = FussyRef::at(&node, "elsewhere#1");
    let task = tokio::spawn(async move { elsewhere.ask(Unserialisable).await });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(node.port_count(), 1);
}
