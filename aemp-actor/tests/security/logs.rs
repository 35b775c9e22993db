//! No secret, and nothing of a key, is ever in a log or a debug output.
#![cfg(feature = "tls")]

use std::time::Duration;

use crate::support::{RawPeer, death, log, soon};
use aemp_actor::prelude::*;
use aemp_actor::{AuthMethod, Certificates, generate_certificate};
use aemp_transport::{HandshakeConfig, Secret};

const RIGHT: &str = "correct-horse-battery";
const WRONG: &str = "incorrect-horse-staple";

fn config(id: &str, secret: &str) -> Config {
    let config = Config::new().nodeid(id).bind("127.0.0.1:0").secret(secret);
    config.connect_timeout(Duration::from_millis(200))
}

/// Two nodes that are content with each other, and one that is not let in.
async fn nodes(name: &str, make: impl Fn(Config) -> Config) {
    let one = Node::configure(make(config(&format!("{name}-one"), RIGHT))).await.unwrap();
    let seed = one.listeners().remove(0);
    let two = make(config(&format!("{name}-two"), RIGHT)).seed(&seed);
    let two = Node::configure(two).await.unwrap();
    soon("the nodes to connect", two.wait_up(one.id().clone())).await;
    let bad = make(config(&format!("{name}-bad"), WRONG)).node(one.id().as_str(), &seed);
    let bad = Node::configure(bad).await.unwrap();
    let reason = death(&bad, one.id().clone()).text().await;
    assert!(!leaks(&reason), "{reason}");
    log::expect(&[&format!("\"{name}-bad\"")]).await;
}

fn leaks(text: &str) -> bool {
    [RIGHT, WRONG].iter().any(|secret| {
        let bytes = format!("{:?}", secret.as_bytes());
        let bytes = bytes.trim_matches(['[', ']']);
        text.contains(secret) || text.contains(&hex::encode(secret)) || text.contains(bytes)
    })
}

#[tokio::test]
async fn nothing_is_logged_that_could_be_used() {
    log::start();
    let pem = generate_certificate("any").unwrap();
    let certificates = Certificates::from_pem(&pem).unwrap();
    nodes("stls", |config| config).await;
    nodes("tls", |config| config.certificates(certificates.clone())).await;
    for method in [AuthMethod::HmacSha3_512, AuthMethod::HmacMd6_64_256, AuthMethod::Cleartext] {
        nodes(method.name(), |config| config.stls(false).auth_offer([method])).await;
    }
    let node = Node::configure(config("scripted", RIGHT)).await.unwrap();
    for secret in [RIGHT, WRONG] {
        let proof = hex::encode(secret);
        for said in [
            format!("aemp;1;script;hmac_md6_64_256;json\nx\ncleartext;{proof};json\n[]"),
            format!("aemp;1;script;hmac_md6_64_256;json\nx\ncleartext;{proof}\n"),
            format!("aemp;1;script;hmac_md6_64_256;json\nx\ncleartext;{proof};xml\n"),
            format!("cleartext;{proof};json\n"),
            format!("cleartext;{secret};json\n"),
        ] {
            let mut peer = RawPeer::connect(&node).await;
            peer.send(&said).await;
            peer.end().await;
            peer.closed().await;
        }
    }
    let lines = log::all();
    assert!(lines.iter().any(|line| line.contains("wrong secret")), "something was logged");
    for line in &lines {
        assert!(!leaks(line), "{line}");
    }

    let mut handshake = HandshakeConfig::new("alpha", RIGHT);
    handshake.certificates = Some(std::sync::Arc::new(certificates.clone()));
    let settings = config("alpha", RIGHT).certificates(certificates.clone());
    let shown = format!(
        "{settings:?} {settings:#?} {handshake:?} {handshake:#?} {certificates:?} {node:?} {:?}",
        Secret::from(RIGHT)
    );
    assert!(!leaks(&shown), "{shown}");
    let key = &pem[pem.find("-----BEGIN PRIVATE").unwrap()..];
    for line in key.lines().filter(|line| line.len() > 10 && !line.starts_with('-')) {
        assert!(!shown.contains(line) && !lines.iter().any(|logged| logged.contains(line)));
    }
}
