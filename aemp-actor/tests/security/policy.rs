//! What a node requires of a connection, and how it says so.
#![cfg(feature = "tls")]

use std::time::Duration;

use crate::support::{Far, RawPeer, SECRET, death, log, soon};
use aemp_actor::prelude::*;
use aemp_actor::{
    Certificates, ConfigError, Protection, Require, TlsVersion, generate_certificate,
};

const CERTIFICATE: Protection = Protection::Tls { version: TlsVersion::V1_3, certificate: true };

/// A node whose peers are all on another host.
fn far(id: &str) -> Config {
    near(id).transport(Far)
}

fn near(id: &str) -> Config {
    Config::new()
        .nodeid(id)
        .secret(SECRET)
        .bind("127.0.0.1:0")
        .connect_timeout(Duration::from_millis(300))
}

/// Connects the two, and gives how each sees the connection.
async fn connect(one: Config, two: Config) -> (String, Protection, Protection) {
    let one = Node::configure(one).await.unwrap();
    let two = Node::configure(two.seed(one.listeners().remove(0))).await.unwrap();
    soon("the nodes to connect", async {
        one.wait_up(two.id().clone()).await;
        two.wait_up(one.id().clone()).await;
    })
    .await;
    let (a, b) = (one.protection(two.id().clone()), two.protection(one.id().clone()));
    assert_eq!(one.protection(one.id().clone()), None, "no connection to itself");
    (a.unwrap().to_string(), a.unwrap(), b.unwrap())
}

/// The second dials the first, and refuses it for that reason.
async fn refused(one: Config, two: Config, text: &str) {
    let one = Node::configure(one).await.unwrap();
    let address = one.listeners().remove(0);
    let two = Node::configure(two.node(one.id().as_str(), &address)).await.unwrap();
    let reason = death(&two, one.id().clone()).reason().await;
    assert_eq!(reason.kind(), "auth_error", "{reason}");
    assert!(reason.text().contains(text), "{reason}");
    assert!(one.up_nodes().is_empty() && two.up_nodes().is_empty());
    two.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn our_nodes_encrypt_by_themselves() {
    for make in [near, far] {
        let (text, one, two) = connect(make("alpha"), make("beta")).await;
        assert_eq!(text, "stls (TLS 1.3, no certificate)");
        assert_eq!((one, two), (Protection::Stls, Protection::Stls));
    }
}

#[tokio::test]
async fn a_plain_peer_of_another_host_is_refused_with_the_setting() {
    log::start();
    let text = "node \"plain-one\" from 10.0.0.5:";
    refused(far("plain-one").stls(false), far("strict-one"), text).await;
    let text = "is not encrypted: set plain_peers (Config::plain_peers) to admit it, or give it a \
                certificate";
    refused(far("plain-one").stls(false), far("strict-one"), text).await;
    log::expect(&["WARN", "connection from 10.0.0.5:", "node \"strict-one\"", text]).await;
}

#[tokio::test]
async fn plain_peers_can_be_admitted() {
    let plain = |id: &str| far(id).stls(false).plain_peers(true);
    let (text, one, two) = connect(plain("alpha"), plain("beta")).await;
    assert_eq!((text.as_str(), one, two), ("none", Protection::Plain, Protection::Plain));
    let none = |id: &str| far(id).stls(false).require(Require::None);
    assert_eq!(connect(none("alpha"), none("beta")).await.1, Protection::Plain);
    // Who can encrypt does so all the same.
    assert_eq!(connect(far("alpha").require(Require::None), far("beta")).await.1, Protection::Stls);
}

#[tokio::test]
async fn loopback_may_stay_plain() {
    let (_, one, _) = connect(near("alpha").stls(false), near("beta")).await;
    assert_eq!(one, Protection::Plain);
    let node = Node::configure(near("alpha")).await.unwrap();
    let mut script = RawPeer::log_in(&node, "script").await;
    script.nothing_more().await;
    assert_eq!(node.protection("script"), Some(Protection::Plain));
    assert_eq!(node.protection("nobody"), None);
}

#[tokio::test]
async fn certificates_can_be_required() {
    log::start();
    let pem = generate_certificate("any").unwrap();
    let certificates = Certificates::from_pem(&pem).unwrap();
    let strict =
        |id: &str| far(id).certificates(certificates.clone()).require(Require::Certificate);
    let (text, one, two) = connect(strict("alpha"), strict("beta")).await;
    assert_eq!((text.as_str(), one, two), ("TLS 1.3, certificate", CERTIFICATE, CERTIFICATE));
    let text = "shows no certificate: give it one (and this node, Config::certificates), or \
                require less (Config::require)";
    refused(far("alpha"), strict("beta"), text).await;
    refused(far("alpha").stls(false).plain_peers(true), strict("beta"), text).await;
    // Loopback, and plain peers, are no exception.
    let strict = near("certified").certificates(certificates).require(Require::Certificate);
    let node = Node::configure(strict.plain_peers(true)).await.unwrap();
    let mut script = RawPeer::connect(&node).await;
    script.send("aemp;1;script;hmac_md6_64_256;json\nx\ncleartext;67656865696d;json\n").await;
    script.closed().await;
    log::expect(&["WARN", "node \"script\" from 127.0.0.1:", "shows no certificate"]).await;
}

#[tokio::test]
async fn strangers_certificates_are_an_auth_error() {
    let own = |id: &str| {
        let pem = generate_certificate(id).unwrap();
        near(id).certificates(Certificates::from_pem(&pem).unwrap())
    };
    let one = Node::configure(own("alpha")).await.unwrap();
    let address = one.listeners().remove(0);
    let config = own("beta").node("alpha", &address).connect_timeout(Duration::from_secs(30));
    let two = Node::configure(config).await.unwrap();
    let reason = death(&two, "alpha").reason().await;
    // Which of the two is asked first is drawn by the nonces.
    assert!(reason.text().contains("certificate"), "{reason}");
    assert!(["auth_error", "transport_error"].contains(&reason.kind()), "{reason}");
}

#[tokio::test]
async fn the_node_id_in_a_certificate_can_be_checked() {
    let pem = generate_certificate("alpha").unwrap();
    let config = |id: &str| near(id).certificates(Certificates::from_pem(&pem).unwrap());
    let (_, one, _) = connect(config("alpha"), config("beta").check_node_id(true)).await;
    assert_eq!(one, CERTIFICATE);
    let text = "the certificate of node \"gamma\" does not hold its node ID but \"alpha\"";
    refused(config("gamma"), config("beta").check_node_id(true), text).await;
}

#[tokio::test]
async fn certificates_alone_are_enough() {
    let pem = generate_certificate("any").unwrap();
    let config = |id: &str| {
        let config = Config::new().nodeid(id).bind("127.0.0.1:0");
        config.certificates(Certificates::from_pem(&pem).unwrap())
    };
    assert_eq!(connect(config("alpha"), config("beta")).await.1, CERTIFICATE);
}

#[tokio::test]
async fn files_that_are_wrong_are_named() {
    let folder = std::env::temp_dir().join(format!("aemp-files-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (one, two) = (generate_certificate("a").unwrap(), generate_certificate("b").unwrap());
    let start = one.find("-----BEGIN PRIVATE").unwrap();
    let (certificate, key) = (&one[..start], &one[start..]);
    let other_key = &two[two.find("-----BEGIN PRIVATE").unwrap()..];
    for (path, text) in [
        (folder.join("absent.pem"), "cannot read"),
        (write("no-key.pem", certificate), "holds no private key (BEGIN PRIVATE KEY)"),
        (write("no-certificate.pem", key), "holds no certificate (BEGIN CERTIFICATE)"),
        (write("empty.pem", ""), "holds no private key"),
        (write("mixed.pem", &format!("{certificate}{other_key}")), "belongs to no certificate in"),
        (write("cut.pem", &one[..one.len() - 40]), "is not valid PEM: a section has no end"),
        (
            write("bad.pem", &one.replace("MIG", "???")),
            "is not valid PEM: a section is not in base64",
        ),
    ] {
        let error = Node::configure(near("a").certificate_file(&path)).await.unwrap_err();
        assert!(matches!(error, ConfigError::Certificates { .. }), "{error:?}");
        let shown = error.to_string();
        assert!(shown.starts_with("certificate_file: "), "{shown}");
        assert!(shown.contains(path.to_str().unwrap()) && shown.contains(text), "{shown}");
        let line = key.lines().nth(1).unwrap();
        assert!(!format!("{shown} {error:?}").contains(&line[..20]), "no key in {error:?}");
    }
    let (certificate, key) = (write("c.pem", certificate), write("k.pem", key));
    let trusted = write("t.pem", &two[..two.find("-----BEGIN PRIVATE").unwrap()]);
    let config = near("a").certificate_files(&certificate, &key, Some(&trusted));
    Node::configure(config).await.unwrap();
    let error = Node::configure(near("a").certificate_files(&certificate, &key, Some(&key)))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("certificate_files: ") && error.contains("k.pem holds no"),
        "{error}"
    );
    std::fs::remove_dir_all(&folder).unwrap();
}
