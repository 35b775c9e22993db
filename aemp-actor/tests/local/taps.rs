//! Taps: what a reader sees of a port's messages, and that the port does not notice.

use crate::support::{Net, SECRET, config, for_each_pair, pair, soon};
use aemp_actor::introspection::IntrospectError;
use aemp_actor::prelude::*;
use aemp_actor::{Access, Config, Rights, Tap, Tapped};
use serde::{Serialize, Serializer};
use tokio::sync::oneshot;

/// What cannot be serialised, in two ways.
#[derive(Clone, Copy, serde::Deserialize)]
struct Bad(bool);

impl Serialize for Bad {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        assert!(self.0, "serialised");
        Err(serde::ser::Error::custom("not today"))
    }
}

#[derive(Port, Default)]
struct Room {
    said: u32,
}

#[rcv]
impl Room {
    fn say(&mut self, _nick: String, _text: String) {
        self.said += 1;
    }

    fn said(&self) -> u32 {
        self.said
    }

    fn bad(&mut self, _bad: Bad) {}

    #[rcv(local)]
    fn attach(&mut self, reply: oneshot::Sender<u32>) {
        let _ = reply.send(self.said);
    }
}

async fn next(tap: &mut Tap) -> String {
    match soon("a copy", tap.next()).await.expect("the tap lives") {
        Tapped::Message { skipped, message } => format!("{skipped} {message}"),
        Tapped::Hidden { skipped, tag, why } => format!("{skipped} hidden {tag}: {why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn copies_come_in_the_order_of_the_messages() {
    for_each_pair(async |one, two| {
        let room = one.port(Room::default());
        for reader in [&one, &two] {
            let mut tap = reader.tap(room.id()).await.unwrap();
            for n in 0..1000 {
                room.say("joe", format!("typed {n}"));
                one.snd(&room, ("say", "joe", format!("untyped {n}")));
                assert_eq!(next(&mut tap).await, format!(r#"0 ["say","joe","typed {n}"]"#));
                assert_eq!(next(&mut tap).await, format!(r#"0 ["say","joe","untyped {n}"]"#));
            }
            two.snd(&room, ("say", "moe", "from afar"));
            assert_eq!(next(&mut tap).await, r#"0 ["say","moe","from afar"]"#);
            assert!(room.said().await.is_ok());
            assert_eq!(next(&mut tap).await, r#"0 ["said",null]"#);
        }
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_copied_is_shown_by_its_name() {
    for_each_pair(async |one, two| {
        let room = one.port(Room::default());
        let mut tap = two.tap(room.id()).await.unwrap();
        let (sender, receiver) = oneshot::channel();
        room.attach(sender).unwrap();
        assert_eq!(soon("the answer", receiver).await, Ok(0));
        assert_eq!(next(&mut tap).await, "0 hidden attach: it can only be sent on its own node");
        room.bad(Bad(true));
        let hidden = next(&mut tap).await;
        assert!(hidden.starts_with("0 hidden ") && hidden.ends_with("not today"), "{hidden}");
        room.bad(Bad(false));
        let hidden = next(&mut tap).await;
        assert!(hidden.ends_with("its serialisation panics"), "{hidden}");
        room.say("joe", "x".repeat(20_000));
        let hidden = next(&mut tap).await;
        assert!(hidden.ends_with("more than 16384"), "{hidden}");
        assert_eq!(room.said().await, Ok(1), "the port has not noticed");
    })
    .await;
}

#[tokio::test]
async fn a_slow_reader_misses_messages_and_is_told_how_many() {
    for_each_pair(async |one, two| {
        let room = one.port(Room::default());
        let mut tap = two.tap(room.id()).await.unwrap();
        for n in 0..10_000 {
            room.say("joe", n.to_string());
        }
        assert_eq!(room.said().await, Ok(10_000));
        let (mut copied, mut skipped) = (0, 0);
        // The question is one of the messages, whether it was copied or not.
        while copied + skipped < 10_001 {
            let Some(Tapped::Message { skipped: more, .. }) = soon("a copy", tap.next()).await
            else {
                panic!("no message");
            };
            (copied, skipped) = (copied + 1, skipped + more);
            if copied == 256 {
                // All are read, so the next is copied, and tells what was missed.
                room.said().await.unwrap();
                assert_eq!(skipped, 0);
                while copied + skipped < 10_002 {
                    let Some(Tapped::Message { skipped: more, .. }) =
                        soon("the count", tap.next()).await
                    else {
                        panic!("no message");
                    };
                    (copied, skipped) = (copied + 1, skipped + more);
                    if copied + skipped < 10_002 {
                        room.said().await.unwrap();
                    }
                }
            }
        }
        assert!(skipped > 9000, "{skipped}");
    })
    .await;
}

#[tokio::test]
async fn a_tap_ends_with_the_port_the_reader_or_the_node() {
    for_each_pair(async |one, two| {
        let room = one.port(Room::default());
        let mut tap = two.tap(room.id()).await.unwrap();
        // Once the other node answers, it knows that the tap is monitored.
        two.cal::<(f64,)>(&one, ("time",)).await.unwrap();
        let before = one.port_count();
        room.kil(("closed",));
        assert!(soon("the end", tap.next()).await.is_none());
        assert_eq!(tap.ended().unwrap().kind(), "tapped_port");
        assert!(tap.ended().unwrap().text().contains("closed"), "{:?}", tap.ended());
        assert!(tap.next().await.is_none());
        crate::support::until("the tap to go", || one.port_count() < before).await;

        let room = one.port(Room::default());
        let count = one.port_count();
        let tap = two.tap(room.id()).await.unwrap();
        assert_eq!(one.port_count(), count + 1);
        drop(tap);
        crate::support::until("the tap to end", || one.port_count() == count).await;
        let mut tap = two.tap(room.id()).await.unwrap();
        one.shutdown(std::time::Duration::ZERO).await;
        assert!(soon("the end", tap.next()).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn ports_without_messages_cannot_be_tapped() {
    let node = Node::local();
    let (tell, told) = tokio::sync::oneshot::channel();
    let mut tell = Some(tell);
    let silent = node.port_fn(move |_, msg| drop(tell.take().unwrap().send(msg.arg(0).unwrap())));
    let call = node.cal::<(u32,)>(silent, ("never answered",));
    let reply: PortId = told.await.unwrap();
    let error = node.tap(reply).await.unwrap_err().to_string();
    assert!(error.ends_with("a reply port has no messages that could be shown"), "{error}");
    let error = node.tap(&node).await.unwrap_err().to_string();
    assert!(error.ends_with("the node port has no mailbox that could be tapped"), "{error}");
    drop(call);
    let room = node.port(Room::default());
    let mut taps = Vec::new();
    for _ in 0..16 {
        taps.push(node.tap(room.id()).await.unwrap());
    }
    let error = node.tap(room.id()).await.unwrap_err().to_string();
    assert!(error.ends_with("it is tapped 16 times already"), "{error}");
}

#[tokio::test]
async fn taps_can_be_switched_off_and_denied() {
    let (one, two) = {
        let net = Net::Tcp;
        let one = Node::configure(net.config("one").taps(false)).await.unwrap();
        let two = net.config("two").seed(&one.listeners()[0]);
        (one, Node::configure(two).await.unwrap())
    };
    let room = one.port(Room::default());
    for node in [&one, &two] {
        let error = node.tap(room.id()).await.unwrap_err();
        assert!(matches!(error, IntrospectError::Refused { .. }), "{error}");
        assert!(
            error.to_string().contains("switched off on node one: set taps (Config::taps)"),
            "{error}"
        );
    }

    let access = Access::default().otherwise(Rights::all().functions(["Chat::*"]));
    let host = Node::configure(config("host").access(access)).await.unwrap();
    let guest = Config::new().nodeid("guest").secret(SECRET).seed(&host.listeners()[0]);
    let guest = Node::configure(guest).await.unwrap();
    let error = guest.tap(host.port(Room::default()).id()).await.unwrap_err();
    assert!(matches!(error, IntrospectError::Unanswered { .. }), "{error}");
}

#[tokio::test]
async fn a_port_is_as_fast_with_a_reader_that_never_reads() {
    let (one, two) = pair(&Net::memory(), "one", "two").await;
    let room = one.port(Room::default());
    let tap = two.tap(room.id()).await.unwrap();
    let other = two.port_count();
    for n in 0..50_000 {
        room.say("joe", n.to_string());
    }
    assert_eq!(soon("the messages", room.said()).await, Ok(50_000));
    assert_eq!(two.port_count(), other);
    drop(tap);
}
