//! A script in any language joins with a dozen lines of text over a TCP socket.

use crate::support::{RawPeer, sink, soon, tcp_node};
use serde_json::{Value as Json, json};

/// What the script says, to the byte.
const SCRIPT: &str = "aemp;1;script;hmac_md6_64_256;json\nx\ncleartext;67656865696d;json\n\
                      [\"\",\"time\",\"script#p\",\"t\"]";

/// The greeting, the auth line and the answer `["p","t",SECONDS]`.
async fn expect_answer(peer: &mut RawPeer) {
    let greeting = peer.line().await;
    let fields: Vec<&str> = greeting.split(';').collect();
    assert_eq!(fields[..3], ["aemp", "1", "alpha"], "{greeting}");
    assert!(fields[3].split(',').any(|method| method == "hmac_md6_64_256"), "{greeting}");
    assert!(fields[3].split(',').any(|method| method == "cleartext"), "{greeting}");
    assert!(fields[4].split(',').any(|framing| framing == "json"), "{greeting}");
    let nonce = peer.line().await;
    assert!(nonce.len() >= 40, "{nonce}");
    let auth = peer.line().await;
    let fields: Vec<&str> = auth.split(';').collect();
    let [method, proof, framing] = fields[..] else { panic!("{auth}") };
    assert_eq!((method, proof.len(), framing), ("hmac_md6_64_256", 64, "json"), "{auth}");
    assert!(proof.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{auth}");
    expect_time(peer, "p", "t").await;
}

/// `[PORT, ARG, SECONDS]`.
async fn expect_time(peer: &mut RawPeer, port: &str, arg: &str) {
    let answer = peer.next().await;
    let Some([to, echo, Json::Number(seconds)]) = answer.as_array().map(Vec::as_slice) else {
        panic!("{answer}")
    };
    assert_eq!((to, echo), (&json!(port), &json!(arg)), "{answer}");
    assert!((1.7e9..1e10).contains(&seconds.as_f64().unwrap()), "{answer}");
}

#[tokio::test]
async fn a_script_asks_for_the_time() {
    let node = tcp_node("alpha").await;
    let mut peer = RawPeer::connect(&node).await;
    peer.send(SCRIPT).await;
    expect_answer(&mut peer).await;
    assert_eq!(node.up_nodes(), ["script"]);
}

#[tokio::test]
async fn a_blocking_socket_will_do() {
    use std::io::{Read, Write};
    let node = tcp_node("alpha").await;
    let address = node.listeners().remove(0);
    let script = tokio::task::spawn_blocking(move || {
        let mut socket = std::net::TcpStream::connect(address).unwrap();
        socket.write_all(SCRIPT.as_bytes()).unwrap();
        let mut heard = Vec::new();
        while !(heard.ends_with(b"]") && heard.windows(10).any(|part| part == br#"["p","t",1"#)) {
            let mut bytes = [0; 256];
            let count = socket.read(&mut bytes).unwrap();
            assert!(count > 0, "the node hung up");
            heard.extend_from_slice(&bytes[..count]);
        }
        String::from_utf8(heard).unwrap()
    });
    let heard = soon("the script", script).await.unwrap();
    let lines: Vec<&str> = heard.split('\n').collect();
    assert_eq!(lines.len(), 4, "{heard}");
}

#[tokio::test]
async fn lines_may_end_in_cr_lf() {
    let node = tcp_node("alpha").await;
    let mut peer = RawPeer::connect(&node).await;
    peer.send(&SCRIPT.replace('\n', "\r\n")).await;
    expect_answer(&mut peer).await;
}

#[tokio::test]
async fn bytes_may_come_one_by_one() {
    let node = tcp_node("alpha").await;
    let mut peer = RawPeer::connect(&node).await;
    for byte in SCRIPT.bytes() {
        peer.send_bytes(&[byte]).await;
        tokio::task::yield_now().await;
    }
    expect_answer(&mut peer).await;
}

#[tokio::test]
async fn the_nonce_may_be_empty() {
    let node = tcp_node("alpha").await;
    let mut peer = RawPeer::connect(&node).await;
    peer.send(&SCRIPT.replace("\nx\n", "\n\n")).await;
    expect_answer(&mut peer).await;
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let node = tcp_node("alpha").await;
    let mut peer = RawPeer::connect(&node).await;
    let script = SCRIPT
        .replace("hmac_md6_64_256;json\n", "wax_seal,hmac_md6_64_256;rot13,json;a;b=c;inst=1\n")
        .replace("67656865696d;json\n", "67656865696d;json;x=y\n");
    peer.send(&script).await;
    expect_answer(&mut peer).await;
}

#[tokio::test]
async fn the_auth_line_may_wait_for_the_greeting() {
    let node = tcp_node("alpha").await;
    let mut peer = RawPeer::connect(&node).await;
    for part in SCRIPT.split_inclusive('\n') {
        // A node says its greeting unasked.
        if part.starts_with("cleartext") {
            assert!(peer.line().await.starts_with("aemp;1;alpha;"));
            peer.line().await;
            assert!(peer.line().await.starts_with("hmac_md6_64_256;"));
        }
        peer.send(part).await;
    }
    expect_time(&mut peer, "p", "t").await;
}

#[tokio::test]
async fn white_space_between_packets_and_keepalives() {
    let node = tcp_node("alpha").await;
    let mut peer = RawPeer::log_in(&node, "script").await;
    let mut sink = sink(&node);
    let port = sink.id.port().to_owned();
    let packets = format!(
        " \n[]\r\n[ \"\" , \"time\",\n\"script#p\", \"1\" ]\t\n\n[][ ][\"{port}\",\"a b\"] []  \
         [\"{port}\",{{\"k\": [ ]}}]\n[\"\",\"time\",\"script#p\",\"2\"]\n",
    );
    peer.send(&packets).await;
    expect_time(&mut peer, "p", "1").await;
    expect_time(&mut peer, "p", "2").await;
    assert_eq!(sink.next().await, r#"["a b"]"#);
    assert_eq!(sink.next().await, r#"[{"k":[]}]"#);
}

#[tokio::test]
async fn a_script_talks_to_ports_and_ports_to_it() {
    let node = tcp_node("alpha").await;
    let mut peer = RawPeer::log_in(&node, "script").await;
    let echo = node.port_fn(|ctx, message| {
        let (to, text): (aemp_actor::PortId, String) = message.args()?;
        ctx.snd(to, ("echo", text, 7));
        Ok::<(), aemp_actor::Die>(())
    });
    let port = echo.id().port().to_owned();
    peer.packet(json!([port, "say", "script#in", "grüße 😀"])).await;
    assert_eq!(peer.next().await, json!(["in", "echo", "grüße 😀", 7]));
    peer.send(&format!(r#"["{port}","say","script#in","gr\u00fc\u00dfe \ud83d\ude00"]"#)).await;
    assert_eq!(peer.next().await, json!(["in", "echo", "grüße 😀", 7]));
}
