//! Peers that prove nothing (`tls_anon`).
#![cfg(feature = "tls")]

#[path = "../../../aemp-transport/tests/support/raw_tls.rs"]
#[allow(dead_code)]
mod raw_tls;

use crate::support::{log, sink, soon};
use aemp_actor::prelude::*;
use aemp_actor::{Access, Certificates, Protection, Rights, TlsVersion, generate_certificate};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// An anonymous peer whose handshake is done, as far as it is concerned.
struct Anonymous {
    stream: BufReader<TlsStream<TcpStream>>,
}

impl Anonymous {
    async fn knock(node: &Node, id: &str, fields: &str) -> Self {
        let mut stream = TcpStream::connect(node.listeners().remove(0)).await.unwrap();
        // An empty nonce is the lowest: we are the client of TLS.
        let greeting = format!(
            "aemp;1;{id};tls_md6_64_256,tls_anon;json;provider=AE-1.30;tls=1.0{fields}\n\n"
        );
        stream.write_all(greeting.as_bytes()).await.unwrap();
        for _ in 0..2 {
            while stream.read_u8().await.unwrap() != b'\n' {}
        }
        let mut stream = BufReader::new(soon("TLS", raw_tls::client(stream)).await.unwrap());
        let mut line = String::new();
        soon("an auth line", stream.read_line(&mut line)).await.unwrap();
        let mut anonymous = Self { stream };
        anonymous.say("tls_anon;;json\n").await;
        anonymous
    }

    async fn say(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// What was said until the node answers a sign of life, or closed.
    async fn heard(&mut self, id: &str) -> String {
        self.say(&json!(["", "snd", id, ""]).to_string()).await;
        let (mut heard, answer) = (Vec::new(), br#"["",""]"#);
        while !heard.ends_with(answer) {
            match soon("an answer", self.stream.read_u8()).await {
                Ok(byte) => heard.push(byte),
                Err(_) => break,
            }
        }
        String::from_utf8(heard).unwrap()
    }
}

async fn node(id: &str, make: impl FnOnce(Config) -> Config) -> Node {
    log::start();
    let certificates = Certificates::from_pem(&generate_certificate(id).unwrap()).unwrap();
    let config = Config::new().nodeid(id).bind("127.0.0.1:0").certificates(certificates);
    Node::configure(make(config)).await.unwrap()
}

#[tokio::test]
async fn they_are_refused_with_the_setting() {
    let node = node("shut", |config| config.secret(crate::support::SECRET)).await;
    let mut stream = TcpStream::connect(node.listeners().remove(0)).await.unwrap();
    stream.write_all(b"aemp;1;anon/x;tls_hmac_sha3_512;json;tls=1.0\n\n").await.unwrap();
    for _ in 0..2 {
        while stream.read_u8().await.unwrap() != b'\n' {}
    }
    let mut stream = raw_tls::client(stream).await.unwrap();
    stream.write_all(b"tls_anon;;json\n").await.unwrap();
    stream.flush().await.unwrap();
    drop(soon("the end", stream.read_to_end(&mut Vec::new())).await);
    let text = "is anonymous: set anonymous_peers (Config::anonymous_peers) to admit it";
    log::expect(&["WARN", "node \"anon/x\" from 127.0.0.1:", text]).await;
    assert!(node.up_nodes().is_empty());
}

#[tokio::test]
async fn they_get_nothing() {
    let node = node("open", |config| config.anonymous_peers(true)).await;
    let mut port = sink(&node);
    node.register("test::called", |_| panic!("an anonymous peer called a function"));
    let mut peer = Anonymous::knock(&node, "anon/x", "").await;
    soon("the peer", node.wait_up("anon/x")).await;
    let protection = Protection::Tls { version: TlsVersion::V1_3, certificate: false };
    assert_eq!(node.protection("anon/x"), Some(protection));
    let name = port.id.port().to_owned();
    for packet in [
        json!([name, "hello"]),
        json!(["", "time", "anon/x#p"]),
        json!(["", "known_nodes", "anon/x#p"]),
        json!(["", "mon1", name]),
        json!(["", "kil", name]),
        json!(["", "snd", format!("open#{name}"), "relayed"]),
        json!(["", "snd", "anon/x#p", "echo"]),
        json!(["", "test::called"]),
        json!(["", "AnyEvent::MP::_spawn", "r.1", "AnyEvent::MP::Global::connect", 0, "anon/x"]),
    ] {
        peer.say(&packet.to_string()).await;
    }
    // Its own words, what is dead for it, and a sign of life: not a word of the mesh.
    let heard = peer.heard("anon/x").await;
    let packets: Vec<Json> =
        serde_json::Deserializer::from_str(&heard).into_iter().map(Result::unwrap).collect();
    let [dead, echo, unborn, alive] = packets.as_slice() else { panic!("{heard}") };
    for (denied, port) in [(dead, name.as_str()), (unborn, "r.1")] {
        assert_eq!((&denied[1], &denied[2]), (&json!("kil0"), &json!(port)));
        assert_eq!(denied[3], "access_denied");
    }
    assert_eq!((echo, alive), (&json!(["p", "echo"]), &json!(["", ""])));
    let text = "messages of node anon/x are refused: it has no right to messages (Config::access)";
    log::expect(&["WARN", text, "\"hello\""]).await;
    assert_eq!(node.dropped().refused, 8);
    node.snd(&port, ("alive",));
    assert_eq!(port.next().await, r#"["alive"]"#, "nothing else came, and it was not killed");
    // What it is sent arrives.
    node.snd("anon/x#p", ("from open",));
    assert!(peer.heard("anon/x").await.contains(r#"["p","from open"]"#));
}

#[tokio::test]
async fn they_cannot_pass_for_anybody() {
    let node = node("careful", |config| config.anonymous_peers(true)).await;
    let mut peer = Anonymous::knock(&node, "beta", "").await;
    assert_eq!(peer.heard("beta").await, "");
    log::expect(&["WARN", "node \"beta\" is anonymous: its node ID has to begin with anon/"]).await;

    let mut first = Anonymous::knock(&node, "anon/y", ";inst=1").await;
    soon("the peer", node.wait_up("anon/y")).await;
    let mut second = Anonymous::knock(&node, "anon/y", ";inst=2").await;
    assert_eq!(second.heard("anon/y").await, "");
    assert_eq!(first.heard("anon/y").await, r#"["",""]"#);
}

#[tokio::test]
async fn they_can_be_treated_as_others() {
    let allow = |config: Config| {
        config.anonymous_peers(true).access(Access::default().untrusted(Rights::all()))
    };
    let node = node("generous", allow).await;
    let mut peer = Anonymous::knock(&node, "anon/z", "").await;
    soon("the peer", node.wait_up("anon/z")).await;
    peer.say(&json!(["", "time", "anon/z#p", "t"]).to_string()).await;
    let heard = peer.heard("anon/z").await;
    let packets: Vec<Json> =
        serde_json::Deserializer::from_str(&heard).into_iter().map(Result::unwrap).collect();
    assert!(packets.iter().any(|packet| packet[0] == "p" && packet[1] == "t"), "{heard}");
}
