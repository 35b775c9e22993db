//! Messages that a port does not understand: it refuses them and lives, and whoever waits for an answer
//! is told at once.

use std::time::Duration;

use crate::support::{RawPeer, death, for_each_pair, log, sink, soon};
use aemp_actor::prelude::*;
use aemp_actor::{BadMessage, CallError};
use serde_json::json;

/// Nothing in these tests waits for so long.
const LONG: Duration = Duration::from_secs(3600);

/// Notes what it is told.
#[derive(Default, Port)]
struct Room {
    said: Vec<String>,
}

#[rcv]
impl Room {
    fn say(&mut self, text: String, times: u32) {
        self.said.extend((0..times).map(|_| text.clone()));
    }

    fn said(&self) -> Vec<String> {
        self.said.clone()
    }

    fn shorten(&mut self, to: usize) -> usize {
        self.said.truncate(to);
        self.said.len()
    }

    #[rcv(local)]
    fn clear(&mut self, done: Box<dyn FnOnce() + Send>) {
        self.said.clear();
        done();
    }
}

#[init("Refused::room")]
fn room() -> Room {
    Room::default()
}

/// A room as another version has it.
mod other_version {
    use super::*;

    #[derive(Port)]
    pub(super) struct Room;

    #[rcv]
    impl Room {
        pub(super) fn shorten(&mut self, _to: String, _why: Option<String>) -> usize {
            0
        }

        pub(super) fn empty(&mut self) -> usize {
            0
        }
    }
}

/// Dies of what it does not understand.
#[derive(Port)]
struct Strict;

#[rcv(strict)]
impl Strict {
    fn add(&mut self, _n: u32) {}
}

/// Counts what it does not understand, and refuses it.
#[derive(Default, Port)]
struct Counting {
    bad: u32,
}

#[rcv]
impl Counting {
    fn bad(&self) -> u32 {
        self.bad
    }

    #[rcv(bad_message)]
    fn misunderstood(&mut self, ctx: &mut Ctx<Self>, bad: BadMessage) {
        self.bad += 1;
        ctx.refuse(&bad);
    }
}

/// The text of a refusal.
async fn refusal<T: std::fmt::Debug>(call: Call<T>, asked: &PortId) -> String {
    match soon("a refusal", call.timeout(LONG)).await {
        Err(CallError::Refused { target, text }) if target == *asked => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_port_lives_and_what_is_right_arrives_in_order() {
    for_each_pair(async |a, b| {
        for target in [b.id(), a.id()] {
            let room = a.spawn(target, "Refused::room", ());
            let mut died = death(&a, &room);
            for n in 0..4 {
                a.snd(&room, ("sya", n));
                a.snd(&room, ("say", n, 1));
                a.snd(&room, ("say", n));
                a.snd(&room, ("say", n, "many"));
                a.snd(&room, ());
                a.snd(&room, ([n],));
                a.snd(&room, ("clear", n));
            }
            let said = a.cal::<(Vec<String>,)>(&room, ("said",));
            let (said,) = soon("what was said", said).await.unwrap();
            assert_eq!(said, ["0", "1", "2", "3"]);
            assert!(died.is_waiting());
        }
        assert_eq!([a.dropped().bad_message, b.dropped().bad_message], [24, 24]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_is_told_at_once_what_there_is() {
    for_each_pair(async |a, b| {
        for target in [b.id(), a.id()] {
            let room = a.spawn(target, "Refused::room", ());
            let text = refusal(a.cal::<()>(&room, ("siad", 1)), &room).await;
            let expected = r#"message "siad": unknown tag (did you mean "said"?), expected one of say, said, shorten"#;
            assert!(text.starts_with(expected), "{text}");
            let text = refusal(a.cal::<()>(&room, ("shorten", [1])), &room).await;
            assert!(text.starts_with(r#"message "shorten": argument 1 (to): "#), "{text}");
            let text = refusal(a.cal::<()>(&room, ("shorten",)), &room).await;
            assert!(text.contains("argument 1 (to)"), "{text}");
            // More than what the node decodes as a whole.
            let text = refusal(a.cal::<()>(&room, ("x", "y".repeat(100_000))), &room).await;
            assert!(text.contains("unknown tag, expected") && text.len() < 1000, "{text}");
            // By typed handles of another version.
            let other = other_version::RoomRef::at(&a, &room);
            let text = refusal(other.shorten("half", None::<String>), &room).await;
            assert!(text.contains("argument 1 (to)"), "{text}");
            let text = refusal(other.empty(), &room).await;
            assert!(text.contains("expected one of say"), "{text}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_whose_request_was_passed_on_is_told() {
    for_each_pair(async |a, b| {
        // To b, which passes it on to a port of a, and the other way round.
        for (first, second) in [(&b, &a), (&a, &b)] {
            let room = second.port(Room::default());
            let passes = first.port_fn(move |ctx, msg| ctx.snd(&room, msg)).id();
            let text = refusal(a.cal::<()>(&passes, ("siad",)), &passes).await;
            assert!(text.contains("did you mean"), "{text}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_port_but_a_reply_port_is_told() {
    for_each_pair(async |a, b| {
        let (room, mut own) = (a.spawn(b.id(), "Refused::room", ()), sink(&a));
        a.snd(&room, ("sya", &own.id));
        a.snd(&room, ("said", &own.id));
        assert_eq!(own.next().await, "[[]]");
    })
    .await;
}

#[tokio::test]
async fn callers_of_other_implementations_are_called_back_without_arguments() {
    let node = crate::support::tcp_node("alpha").await;
    let room = PortId::from(node.port(Room::default()));
    let mut peer = RawPeer::log_in(&node, "perl").await;
    for message in [json!(["sya", "x"]), json!(["shorten", "x"]), json!([])] {
        let mut packet = vec![json!(room.port())];
        packet.extend(message.as_array().unwrap().clone());
        packet.push("perl#u1".into());
        peer.packet(packet.into()).await;
        assert_eq!(soon("an empty message", peer.next()).await, json!(["u1"]));
    }
    // Nobody waits for an answer to these, as far as can be seen.
    for packet in [
        json!([room.port(), "sya"]),
        json!([room.port(), "sya", "perl"]),
        json!([room.port(), "sya", "perl#"]),
        json!([room.port(), "sya", "perl#u1", 1]),
        json!([room.port(), "sya", "other#u1"]),
        json!(["", "inof", "perl#u1"]),
    ] {
        peer.packet(packet).await;
    }
    peer.packet(json!([room.port(), "shorten", 0, "perl#u1"])).await;
    assert_eq!(peer.next().await, json!(["u1", 0]), "the port lives");
    peer.nothing_more().await;
    assert_eq!(node.dropped().bad_message, 9, "that to the node port among them");
}

#[tokio::test]
async fn it_is_logged_with_its_sender() {
    log::start();
    let (a, b) =
        crate::support::pair(&crate::support::Net::memory(), "logging-a", "logging-b").await;
    let room = PortId::from(b.port(Room::default()));
    a.snd(&room, ("sya", 7));
    let port = format!("port {room} (network::refused_messages::Room) refuses a message of node");
    let text =
        r#"node logging-a: message "sya": unknown tag (did you mean "say"?), expected one of"#;
    log::expect(&["WARN", &port, text, r#"got ["sya",7]"#]).await;
    b.snd(&room, ("sya", "two\nlines"));
    log::expect(&["WARN", &port, r#"node logging-b: message "sya""#, "two\\nlines"]).await;
}

#[tokio::test(start_paused = true)]
async fn who_sends_many_does_not_fill_the_log() {
    log::start();
    let node = Node::configure(Config::new().nodeid("paced")).await.unwrap();
    let room = PortId::from(node.port(Room::default()));
    let lines = || log::all().iter().filter(|line| line.contains("node paced: message")).count();
    for _ in 0..1000 {
        node.snd(&room, ("nonsense",));
    }
    soon("the room", node.cal::<(Value,)>(&room, ("said",))).await.unwrap();
    assert_eq!(lines(), 20);
    tokio::time::advance(Duration::from_secs(10)).await;
    node.snd(&room, ("nonsense",));
    log::expect(&["node paced: message", "(980 more of this node were refused without a word)"])
        .await;
    assert_eq!(node.dropped().bad_message, 1001);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_port_dies() {
    for_each_pair(async |a, b| {
        for (message, text) in [
            (json!(["add", "ten"]), r#"message "add": argument 1"#),
            (json!(["sub"]), r#"message "sub": unknown tag, expected one of add"#),
        ] {
            let strict = PortId::from(b.port(Strict));
            let died = death(&a, &strict);
            let call = a.cal::<()>(&strict, &message).timeout(LONG);
            let error = soon("a death", call).await.unwrap_err();
            let reason = died.reason().await;
            assert_eq!(error.reason(), Some(&reason));
            assert!(reason.kind() == "die" && reason.text().starts_with(text), "{reason}");
        }
        assert_eq!(b.dropped().bad_message, 0);
    })
    .await;
}

#[tokio::test]
async fn a_handler_of_bad_messages_may_refuse_them() {
    let node = Node::local();
    let port = node.port(Counting::default());
    let text = refusal(node.cal::<()>(&port, ("what",)), &PortId::from(&port)).await;
    assert!(text.contains("expected one of bad"), "{text}");
    assert_eq!(port.bad().await, Ok(1));
}

#[tokio::test]
async fn a_monitor_whose_message_is_not_understood_harms_nobody() {
    let node = Node::local();
    let (room, gone) = (node.port(Room::default()), sink(&node));
    node.mon(&gone, aemp_actor::Snd(&room, ("gone",)));
    let died = death(&node, &gone);
    node.kil(&gone, "over");
    died.reason().await;
    // The first monitor fired before.
    assert_eq!(room.said().await, Ok(Vec::new()));
    assert_eq!(node.dropped().bad_message, 1);
}
