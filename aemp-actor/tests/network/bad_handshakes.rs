//! Peers that do not get through the handshake: each is refused with a text that names what is
//! wrong, on the side that can act on it, and nobody else notices.

use std::time::Duration;

use crate::support::{Bystander, RawListener, RawPeer, SECRET, config, death, log, soon, tcp_node};
use aemp_actor::ConfigError;
use aemp_actor::prelude::*;

const GREETING: &str = "aemp;1;bad;hmac_md6_64_256;json";
const AUTH: &str = "cleartext;67656865696d;json";

/// A node that refuses.
struct Gate {
    node: Node,
    bystander: Bystander,
}

impl Gate {
    async fn new(config: Config) -> Self {
        log::start();
        let node = Node::configure(config).await.unwrap();
        let bystander = Bystander::new(&node).await;
        Self { node, bystander }
    }

    /// Sends this over a new connection: it is closed, a warning has the address and `text`.
    async fn refuses(&mut self, bytes: &[u8], text: &str) {
        let mut peer = RawPeer::connect(&self.node).await;
        peer.send_blindly(bytes).await;
        self.closes(&mut peer, text).await;
    }

    async fn closes(&mut self, peer: &mut RawPeer, text: &str) {
        let address = peer.address();
        peer.closed().await;
        log::expect(&["WARN", &format!("connection from {address} refused"), text]).await;
        self.bystander.is_fine().await;
        assert_eq!(self.node.known_nodes(), ["bystander"], "strangers are not kept");
    }
}

#[tokio::test]
async fn a_wrong_secret_is_named_where_it_is_checked() {
    let mut gate = Gate::new(config("gate")).await;
    let hmac = format!("hmac_md6_64_256;{};json", "0".repeat(64));
    for (auth, text) in [
        ("cleartext;67656865;json", "wrong secret (cleartext of node \"bad\" does not verify)"),
        ("cleartext;;json", "wrong secret (cleartext of node \"bad\""),
        ("cleartext;not hex;json", "wrong secret (cleartext of node \"bad\""),
        (&hmac, "wrong secret (hmac_md6_64_256 of node \"bad\" does not verify)"),
        ("hmac_sha3_512;00;json", "wrong secret (hmac_sha3_512 of node \"bad\" does not verify)"),
    ] {
        gate.refuses(format!("{GREETING}\nx\n{auth}\n").as_bytes(), text).await;
    }
}

#[tokio::test]
async fn nodes_of_different_secrets_both_say_so() {
    log::start();
    let one = Node::configure(config("secret-one")).await.unwrap();
    let seed = one.listeners().remove(0);
    let config = Config::new().nodeid("secret-two").secret("other").seed(&seed);
    let config = config.node("secret-one", &seed).connect_timeout(Duration::from_millis(300));
    let two = Node::configure(config).await.unwrap();
    log::expect(&["WARN", "connection from", "wrong secret", "of node \"secret-two\""]).await;
    let line =
        log::expect(&["WARN", "seed: handshake", "wrong secret", "of node \"secret-one\""]).await;
    assert!(line.contains(&seed), "{line}");
    let reason = death(&two, "secret-one").reason().await;
    assert_eq!(reason.kind(), "auth_error");
    assert!(reason.text().contains("wrong secret"), "{reason}");
    assert_eq!(one.up_nodes(), [""; 0]);
}

#[tokio::test]
async fn a_missing_secret_is_an_error_of_the_configuration() {
    for config in [
        Config::new().bind("127.0.0.1:0"),
        Config::new().seed("127.0.0.1:1"),
        Config::new().node("other", "127.0.0.1:1"),
        Config::new().bind("127.0.0.1:0").secret(""),
    ] {
        let error = Node::configure(config).await.unwrap_err();
        assert!(matches!(error, ConfigError::NoSecret), "{error}");
        assert!(error.to_string().contains("secret"), "{error}");
    }
    Node::configure(Config::new().nodeid("alone")).await.unwrap();
}

#[tokio::test]
async fn foreign_protocols() {
    let mut gate = Gate::new(config("gate")).await;
    let http = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    gate.refuses(http, r#"speaks no AEMP: its first line is "GET / HTTP/1.1""#).await;
    gate.refuses(b"SSH-2.0-OpenSSH_9.9\r\n", r#"no AEMP: its first line is "SSH-2.0-Open"#).await;
    gate.refuses(b"\x16\x03\x01\x02\0\x01\xff\n", "speaks no AEMP").await;
    gate.refuses(b"\n\n\n", r#"no AEMP: its first line is """#).await;
    gate.refuses(b"AEMP;1;bad;x;json\nx\n", "speaks no AEMP").await;
    gate.refuses(b"aemp-chat;1;bad;x;json\nx\n", r#"asks for the sub-protocol "chat""#).await;
}

#[tokio::test]
async fn greetings_that_make_no_sense() {
    let mut gate = Gate::new(config("gate")).await;
    for (greeting, text) in [
        ("aemp;2;bad;hmac_md6_64_256;json", "speaks AEMP version \"2\", not version 1"),
        ("aemp;1;bad", "greeting is not complete: \"aemp;1;bad\""),
        ("aemp;1;no node;hmac_md6_64_256;json", "node ID \"no node\" is not valid"),
        ("aemp;1;;hmac_md6_64_256;json", "node ID \"\" is not valid"),
        ("aemp;1;a%23b;hmac_md6_64_256;json", "node ID \"a#b\" is not valid"),
        ("aemp;1;bad%zz;hmac_md6_64_256;json", "malformed escape in the field \"bad%zz\""),
        ("aemp;1;bad;wax_seal;json", "node \"bad\" accepts \"wax_seal\", we offer"),
        ("aemp;1;bad;hmac_md6_64_256;storable", "node \"bad\" reads \"storable\", we write"),
        ("aemp;1;gate;hmac_md6_64_256;json", "has our own node ID \"gate\": talking to myself?"),
    ] {
        gate.refuses(format!("{greeting}\nx\n").as_bytes(), text).await;
    }
    gate.refuses(b"aemp;1;b\xff;x;json\nx\n", "greeting is not valid UTF-8").await;
    let nonce = [GREETING.as_bytes(), b"\n\xff\n"].concat();
    gate.refuses(&nonce, "nonce line is not valid UTF-8").await;
}

#[tokio::test]
async fn auth_lines_that_make_no_sense() {
    let mut gate = Gate::new(config("gate")).await;
    for (auth, text) in [
        ("cleartext", "auth line is not complete: \"cleartext\""),
        ("wax_seal;;json", "unknown authentication method \"wax_seal\" used by node \"bad\""),
        (
            "cleartext;67656865696d;storable",
            "node \"bad\" wants to write framing \"storable\", we read \"bincode,json,cbor\"",
        ),
    ] {
        gate.refuses(format!("{GREETING}\nx\n{auth}\n").as_bytes(), text).await;
    }
}

#[tokio::test]
async fn clear_text_can_be_forbidden() {
    log::start();
    let node = Node::configure(config("strict").accept_cleartext(false)).await.unwrap();
    let mut peer = RawPeer::connect(&node).await;
    peer.send(&format!("aemp;1;loose;hmac_md6_64_256;json\nx\n{AUTH}\n")).await;
    let heard = peer.closed().await;
    assert!(!heard.lines().next().unwrap().contains("cleartext"), "{heard}");
    let text = "authentication method cleartext used by node \"loose\" is not accepted here";
    log::expect(&["WARN", text, "auth_accept"]).await;
}

#[tokio::test]
async fn lines_that_are_too_long() {
    let mut gate = Gate::new(config("gate")).await;
    let long = "x".repeat(5000);
    let never_ends = format!("{GREETING};{long}");
    gate.refuses(never_ends.as_bytes(), "peer's greeting is longer than 4096 bytes").await;
    gate.refuses(long.as_bytes(), "peer's greeting is longer than 4096 bytes").await;
    let nonce = format!("{GREETING}\n{long}\n");
    gate.refuses(nonce.as_bytes(), "peer's nonce line is longer than 4096 bytes").await;
    let auth = format!("{GREETING}\nx\ncleartext;{long}\n");
    gate.refuses(auth.as_bytes(), "peer's auth line is longer than 4096 bytes").await;
    let fits = format!("{GREETING};x={}\n", "x".repeat(4096 - GREETING.len() - 4));
    assert_eq!(fits.len(), 4096);
    let mut peer = RawPeer::connect(&gate.node).await;
    peer.send(&format!("{fits}x\n{AUTH}\n")).await;
    soon("the peer", gate.node.wait_up("bad")).await;
}

#[tokio::test]
async fn silence_before_the_handshake_is_done() {
    let mut gate = Gate::new(config("gate").monitor_timeout(Duration::from_secs(2))).await;
    let mut peers = Vec::new();
    for (said, missing) in [
        (String::new(), "greeting"),
        (GREETING[..10].to_owned(), "greeting"),
        (format!("{GREETING}\nhalf a nonce"), "nonce line"),
        (format!("{GREETING}\nx\n"), "auth line"),
        (format!("{GREETING}\nx\n{}", &AUTH[..12]), "auth line"),
    ] {
        let mut peer = RawPeer::connect(&gate.node).await;
        peer.send(&said).await;
        peers.push((peer, format!("no {missing} from the peer within 2s")));
    }
    gate.bystander.is_fine().await;
    for (mut peer, text) in peers {
        gate.closes(&mut peer, &text).await;
    }
}

#[tokio::test]
async fn connections_that_end_before_the_handshake_does() {
    let mut gate = Gate::new(config("gate")).await;
    for (said, missing) in [
        ("".to_owned(), "greeting"),
        (GREETING.to_owned(), "greeting"),
        (format!("{GREETING}\n"), "nonce line"),
        (format!("{GREETING}\nx\n"), "auth line (it refused ours, see its log)"),
        (format!("{GREETING}\nx\n{AUTH}"), "auth line"),
    ] {
        // Only the sending half is ended: the other stays open until the node ends it.
        let mut peer = RawPeer::connect(&gate.node).await;
        peer.send(&said).await;
        peer.end().await;
        let text = format!("connection closed by the peer before its {missing}");
        gate.closes(&mut peer, &text).await;
    }
    let peer = RawPeer::connect(&gate.node).await;
    let address = peer.address();
    drop(peer);
    log::expect(&["WARN", &format!("connection from {address} refused")]).await;
    gate.bystander.is_fine().await;
}

#[tokio::test]
async fn an_echo_of_our_own_greeting() {
    let mut gate = Gate::new(config("gate")).await;
    let mut peer = RawPeer::connect(&gate.node).await;
    let echo = format!("{}\n{}\n", peer.line().await, peer.line().await);
    peer.send(&echo).await;
    gate.closes(&mut peer, "the peer echoes our own greeting").await;
}

#[tokio::test]
async fn silent_connections_lock_nobody_out_for_ever() {
    let config = config("narrow").max_handshakes(2).monitor_timeout(Duration::from_secs(2));
    log::start();
    let node = Node::configure(config).await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(RawPeer::connect(&node).await);
    }
    let mut peer = RawPeer::log_in(&node, "patient").await;
    peer.nothing_more().await;
    for mut peer in silent {
        peer.closed().await;
    }
}

#[tokio::test]
async fn a_seed_that_is_no_node_is_named() {
    log::start();
    let listener = RawListener::bind().await;
    let config = Config::new().nodeid("dialler").secret(SECRET).seed(listener.address());
    let node = Node::configure(config.monitor_timeout(Duration::from_secs(2))).await.unwrap();
    let mut web = listener.accept().await;
    web.send("HTTP/1.0 400 Bad Request\r\n\r\n").await;
    let seed = format!("seed: handshake with {}", listener.address());
    let line = log::expect(&["WARN", &seed, "speaks no AEMP"]).await;
    assert!(line.contains("HTTP/1.0 400 Bad Request"), "{line}");
    let silent = listener.accept().await;
    log::expect(&["WARN", &seed, "no greeting from the peer within 2s"]).await;
    drop(silent);
    let mut peer = listener.accept().await;
    peer.shake_hands("seed", "").await;
    soon("the seed", node.wait_up("seed")).await;
    peer.nothing_more().await;
}

/// Somebody without the secret claims to be a node that is connected, or a restart of it.
#[tokio::test]
async fn impostors_change_nothing() {
    log::start();
    let node = tcp_node("mmm").await;
    for id in ["aaa", "zzz"] {
        let mut real = RawPeer::log_in_with(&node, id, ";inst=1").await;
        let mut died = death(&node, id);
        assert_eq!(real.next().await, serde_json::json!(["", "mon1", ""]));
        for fields in ["", ";inst=1", ";inst=2"] {
            let mut impostor = RawPeer::connect(&node).await;
            let greeting = format!("aemp;1;{id};hmac_md6_64_256;json{fields}\nx\n");
            impostor.send(&format!("{greeting}cleartext;00;json\n")).await;
            impostor.closed().await;
            let mut impostor = RawPeer::connect(&node).await;
            impostor.send(&greeting).await;
            impostor.end().await;
            impostor.closed().await;
            real.nothing_more().await;
            assert!(died.is_waiting() && node.node_is_up(id), "{id}{fields}");
        }
    }
}

#[tokio::test]
async fn strangers_leave_no_trace() {
    log::start();
    let node = tcp_node("clean").await;
    for n in 0..20 {
        let mut peer = RawPeer::connect(&node).await;
        let greeting = format!("aemp;1;stranger-{n};hmac_md6_64_256;json;inst={n}\nx\n");
        peer.send(&format!("{greeting}cleartext;00;json\n")).await;
        peer.closed().await;
        log::expect(&["wrong secret", &format!("\"stranger-{n}\"")]).await;
    }
    crate::support::until("the strangers to be forgotten", || node.known_nodes().is_empty()).await;
}
