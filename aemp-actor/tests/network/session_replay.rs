//! A recorded conversation of two nodes of the Perl implementation: our node in the place of
//! either of them, a bare socket in the place of the other, gives the same conversation.
//!
//! Set aside are our nonces, proofs and port names, of course, the order in which different
//! ports answer, and what the nodes tell each other of the mesh.

use std::collections::HashMap;

use crate::support::{HEX_SECRET, RawListener, RawPeer, SECRET, Sink, death, sink, soon, tcp_node};
use aemp_actor::prelude::*;
use serde_json::{Value as Json, json};

const RECORDED: &str =
    include_str!("../../../aemp-transport/tests/vectors/session-hmac-md6-json.jsonl");

/// The rendezvous ports of the mesh in the recording.
const MESH: [&str; 2] = ["JCOMgJA0FYmpP2lR.b", "u8FfJNH25Qs2XtPF.a"];

/// The port that `recv` had in the group, and the ports of `send`.
const ECHO: &str = "QKx1HUwRe.a";
const NAMES: [&str; 4] = [ECHO, "QNrHVDy0.b", "QNrHVDy0.c", "u8FfJNH25Qs2XtPF.d"];

/// The port that `::helper2` makes.
#[init("::helper2")]
fn helper2(init: &mut Init, client: PortId, number: u64) {
    init.link(&client);
    init.rcv("hello", move |ctx: &mut Ctx<FnPort>, (n,): (u64,)| {
        ctx.snd(&client, ("hi back", number, n));
    });
}

/// One turn of the conversation: what one side said before the other did.
struct Turn {
    dir: char,
    text: String,
}

/// The recording without the handshake, consecutive reads of a direction as one.
fn turns() -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for line in RECORDED.lines().skip(4) {
        let line: Json = serde_json::from_str(line).unwrap();
        let dir = line["dir"].as_str().unwrap().chars().next().unwrap();
        let bytes = line["data"].as_str().unwrap().chars().map(|c| u8::try_from(c).unwrap());
        let text = String::from_utf8(bytes.collect()).unwrap();
        match turns.last_mut() {
            Some(turn) if turn.dir == dir => turn.text.push_str(&text),
            _ => turns.push(Turn { dir, text }),
        }
    }
    turns
}

/// The first line of the greeting that this side of the recording sent.
fn greeting(dir: &str) -> String {
    let lines = RECORDED.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let first = lines.into_iter().find(|line| line["dir"] == dir).unwrap();
    first["data"].as_str().unwrap().to_owned()
}

fn packets(text: &str) -> Vec<Json> {
    serde_json::Deserializer::from_str(text).into_iter().map(Result::unwrap).collect()
}

/// Whether a recorded packet is about the mesh.
fn is_mesh(packet: &Json) -> bool {
    let text = packet.to_string();
    MESH.iter().any(|name| text.contains(name))
}

/// Recorded names and those of this run.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    /// Puts this run's names into what the raw peer is to say.
    fn replace(&self, mut text: String) -> String {
        for (recorded, ours) in &self.0 {
            text = text.replace(recorded, ours);
        }
        text
    }

    /// Whether `actual` says what `recorded` does, learning names on the way.
    fn matches(&mut self, recorded: &Json, actual: &Json) -> bool {
        match (recorded, actual) {
            (Json::Array(one), Json::Array(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(r, a)| self.matches(r, a))
            }
            (Json::Object(one), Json::Object(two)) => {
                one.len() == two.len()
                    && one.iter().all(|(key, r)| two.get(key).is_some_and(|a| self.matches(r, a)))
            }
            (Json::String(one), Json::String(two)) => self.texts_match(one, two),
            _ => recorded == actual,
        }
    }

    fn texts_match(&mut self, recorded: &str, actual: &str) -> bool {
        let Some(name) = NAMES.iter().find(|name| recorded.ends_with(**name)) else {
            return recorded == actual;
        };
        let Some(ours) = actual.strip_prefix(recorded.trim_end_matches(name)) else { return false };
        match self.0.get(*name) {
            Some(known) => known == ours,
            None => {
                self.0.insert((*name).to_owned(), ours.to_owned());
                true
            }
        }
    }
}

/// Plays the side `dir` of the recording and expects the other from our node.
struct Replay {
    peer: RawPeer,
    names: Names,
}

impl Replay {
    async fn shake_hands(&mut self, dir: &str) {
        self.peer.send(&greeting(dir)).await;
        assert!(self.peer.line().await.starts_with("aemp;1;"));
        self.peer.line().await;
        assert!(self.peer.line().await.starts_with("hmac_md6_64_256;"));
        self.peer.send(&format!("cleartext;{HEX_SECRET};json\n")).await;
    }

    async fn play(&mut self, turn: &Turn) {
        let text = self.names.replace(turn.text.clone());
        self.peer.send(&text).await;
    }

    async fn expect(&mut self, turn: &Turn) {
        let mut expected = packets(&turn.text);
        expected.retain(|packet| !is_mesh(packet));
        while !expected.is_empty() {
            let packet = self.peer.next().await;
            if self.is_set_aside(&packet) {
                continue;
            }
            let names = &mut self.names;
            let found = expected.iter().position(|recorded| names.matches(recorded, &packet));
            let index = found.unwrap_or_else(|| panic!("{packet} is none of {expected:?}"));
            expected.remove(index);
        }
    }

    /// What is said of the recorded rendezvous port, and that our node no longer watches what
    /// nobody there watches.
    fn is_set_aside(&mut self, packet: &Json) -> bool {
        packet[0] == "" && (packet[1] == "mon0" || (packet[1] == "kil0" && packet[2] == MESH[1]))
    }
}

#[tokio::test]
async fn our_node_in_the_place_of_recv() {
    let node = tcp_node("recv").await;
    let echo = node.port_fn(|_, _| {});
    echo.rcv("ping", |ctx, (reply, data): (PortId, Option<Value>)| {
        ctx.snd(reply, ("pong", data));
    })
    .unwrap();
    let mut replay = Replay {
        peer: RawPeer::connect(&node).await,
        names: Names(HashMap::from([(ECHO.to_owned(), echo.id().port().to_owned())])),
    };
    replay.shake_hands(">").await;
    soon("the peer to be up", node.wait_up("send")).await;
    for turn in turns() {
        match turn.dir {
            '>' => replay.play(&turn).await,
            _ => replay.expect(&turn).await,
        }
    }
    replay.peer.end().await;
    replay.peer.closed().await;
    assert_eq!(node.port_count(), 0, "the ports were killed");
}

/// What the program of `send` did, in our words; the pongs are looked at by the caller.
async fn program(node: &Node, replay: &mut Replay, turns: &[Turn]) -> Sink {
    let mut client = sink(node);
    let echo = format!("recv#{ECHO}");
    let echo_dies = death(node, &echo);
    let pong: Call<(String, Option<Value>)> = node.cal(&echo, ("ping",));
    let data = json!({"a": [1, 2.5, null, "xéy"]});
    node.snd(&echo, ("ping", &client.id, &data));
    let [ping, pongs, hello, hi_back, kills, deaths] = turns else { panic!("the recording") };
    replay.expect(ping).await;
    replay.play(pongs).await;
    assert_eq!(soon("the pong", pong).await.unwrap(), ("pong".to_owned(), None));
    assert_eq!(client.next().await, r#"["pong",{"a":[1,2.5,null,"xéy"]}]"#);

    let helper = node.spawn("recv", "::helper2", (&client.id, 42));
    let helper_dies = death(node, &helper);
    node.snd(&helper, ("hello", 7));
    replay.expect(hello).await;
    replay.play(hi_back).await;
    assert_eq!(client.next().await, r#"["hi back",42,7]"#);

    node.kil(&helper, ("my_error", "bye"));
    node.kil(&echo, Reason::normal());
    replay.expect(kills).await;
    replay.play(deaths).await;
    assert_eq!(helper_dies.text().await, "my_error: bye");
    assert!(echo_dies.reason().await.is_normal());
    client
}

#[tokio::test]
async fn our_node_in_the_place_of_send() {
    let listener = RawListener::bind().await;
    let config = Config::new().nodeid("send").secret(SECRET).bind("127.0.0.1:0");
    let node = Node::configure(config.seed(listener.address())).await.unwrap();
    let mut replay = Replay { peer: listener.accept().await, names: Names::default() };
    replay.names.0.insert(ECHO.to_owned(), ECHO.to_owned());
    replay.shake_hands("<").await;
    soon("the peer to be up", node.wait_up("recv")).await;
    let turns: Vec<Turn> = turns().into_iter().filter(|turn| !packets_are_mesh(turn)).collect();
    let mut client = program(&node, &mut replay, &turns).await;
    node.snd(&client, ("still here",));
    assert_eq!(client.next().await, r#"["still here"]"#, "helper2 was killed, not its client");
}

/// Whether all packets of a turn are about the mesh.
fn packets_are_mesh(turn: &Turn) -> bool {
    packets(&turn.text).iter().all(is_mesh)
}
