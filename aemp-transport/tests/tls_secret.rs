//! TLS without certificates (`stls`): what two nodes do unless told otherwise.
#![cfg(feature = "tls")]

mod support;

use aemp_transport::{
    AuthMethod, EstablishError, Established, HandshakeConfig, HandshakeError, Nonces, Protection,
    Stream,
};
use support::{greet, greet_over, tcp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn config(node_id: &str) -> HandshakeConfig {
    HandshakeConfig::new(node_id, "geheim")
}

fn with_nonce(node_id: &str, nonce: &'static str) -> HandshakeConfig {
    let mut config = config(node_id);
    config.nonces = Nonces::from_fn(move || nonce.to_owned());
    config
}

fn text(result: Result<Established, EstablishError>) -> String {
    result.expect_err("refused").to_string()
}

#[tokio::test]
async fn it_is_the_default_whoever_has_the_lower_nonce() {
    for (low, high) in [("A", "B"), ("B", "A"), ("", "A"), ("AB", "A")] {
        let (near, far) = greet(with_nonce("alpha", low), with_nonce("beta", high)).await;
        for established in [near.expect("alpha"), far.expect("beta")] {
            let outcome = established.outcome;
            assert_eq!(outcome.protection, Protection::Stls);
            assert_eq!(outcome.auth, AuthMethod::TlsHmacSha3_512);
            assert!(outcome.trusted);
            assert!(outcome.peer.has_stls() && !outcome.peer.has_tls());
        }
    }
}

#[tokio::test]
async fn both_ends_have_the_same_session_and_each_connection_another() {
    let mut exporters = Vec::new();
    for _ in 0..2 {
        let (near, far) = greet(config("alpha"), config("beta")).await;
        let session = |end: Result<Established, _>| end.expect("greeted").stream.session();
        let (near, far) = (session(near).expect("TLS"), session(far).expect("TLS"));
        assert_eq!(near.exporter, far.exporter);
        assert!(!near.trusted && !far.trusted, "a throw-away certificate proves nothing");
        exporters.push(near.exporter);
    }
    assert_ne!(exporters[0], exporters[1]);
}

/// Says something in both directions, and ends them one after the other.
#[tokio::test]
async fn the_directions_end_one_after_the_other() {
    let (near, far) = greet(config("alpha"), config("beta")).await;
    let (near, far) = (near.expect("alpha").stream, far.expect("beta").stream);
    assert!(near.peer_address().is_some_and(|address| address.starts_with("127.0.0.1:")));
    assert_eq!(near.transport(), "tcp");
    near.limit_silence(support::LIMIT).expect("forwarded to the socket");
    let ((mut near_in, mut near_out), (mut far_in, mut far_out)) = (near.split(), far.split());
    let large = vec![b'x'; 300_000];
    let (written, read) = tokio::join!(
        async {
            near_out.write_all(&large).await?;
            near_out.shutdown().await
        },
        async {
            let mut heard = Vec::new();
            far_in.read_to_end(&mut heard).await.map(|_| heard)
        }
    );
    written.expect("written");
    assert!(read.expect("read, with a proper end") == large);
    far_out.write_all(b"still here").await.expect("written");
    far_out.shutdown().await.expect("shut down");
    let mut heard = Vec::new();
    near_in.read_to_end(&mut heard).await.expect("read, with a proper end");
    assert_eq!(heard, b"still here");
}

#[tokio::test]
async fn an_end_without_farewell_is_an_error_of_the_stream() {
    let (near, far) = greet(config("alpha"), config("beta")).await;
    let (mut near, far) = (near.expect("alpha").stream, far.expect("beta").stream);
    drop(far);
    let error = near.read(&mut [0]).await.expect_err("cut");
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn another_secret_is_refused_on_both_sides() {
    let (near, far) = greet(config("alpha"), HandshakeConfig::new("beta", "falsch")).await;
    let refused = "wrong secret (tls_hmac_sha3_512 of node";
    assert!(text(near).starts_with(refused));
    assert!(text(far).starts_with(refused));
}

#[tokio::test]
async fn equal_nonces_are_refused() {
    let (near, far) = greet(with_nonce("alpha", "N"), with_nonce("beta", "N")).await;
    let same = |node_id: &str| HandshakeError::SameNonce { node_id: node_id.to_owned() };
    assert_eq!(text(near), same("beta").to_string());
    assert_eq!(text(far), same("alpha").to_string());
}

#[tokio::test]
async fn one_side_alone_does_not_encrypt() {
    let mut plain = config("beta");
    plain.stls = false;
    let (near, far) = greet(config("alpha"), plain).await;
    for established in [near.expect("alpha"), far.expect("beta")] {
        assert_eq!(established.outcome.protection, Protection::Plain);
        assert_eq!(established.outcome.auth, AuthMethod::HmacSha3_512);
        assert!(established.outcome.trusted);
        assert_eq!(established.stream.session(), None);
    }
}

#[tokio::test]
async fn within_a_process_nothing_is_encrypted() {
    let (near, far) = tokio::io::duplex(100_000);
    let streams: (Box<dyn Stream>, Box<dyn Stream>) = (Box::new(near), Box::new(far));
    let (near, far) = greet_over(streams, config("alpha"), config("beta")).await;
    assert_eq!(near.expect("alpha").outcome.protection, Protection::Plain);
    assert!(!far.expect("beta").outcome.peer.has_stls());
}

/// Several secrets: the first is shown, all are accepted.
#[tokio::test]
async fn secrets_change_one_node_after_the_other() {
    let with = |node_id: &str, secrets: &[&str]| {
        let mut config = config(node_id);
        config.secrets = secrets.iter().map(|secret| (*secret).into()).collect();
        config
    };
    let steps: [&[&str]; 4] = [&["old"], &["old", "new"], &["new", "old"], &["new"]];
    for two in steps.windows(2) {
        let (near, far) = greet(with("alpha", two[0]), with("beta", two[1])).await;
        near.expect("alpha");
        far.expect("beta");
    }
    let (near, far) = greet(with("alpha", steps[0]), with("beta", steps[2])).await;
    assert!(text(near).starts_with("wrong secret"), "a step was left out");
    far.expect("alpha was believed, and ends it");
}

#[tokio::test]
async fn silence_in_tls_is_noticed() {
    let (near, mut far) = tcp().await;
    let config = std::sync::Arc::new(config("alpha"));
    let limit = std::time::Duration::from_millis(200);
    let greeting = b"aemp;1;beta;tls_hmac_sha3_512;json;stls=1\nzzz\n";
    far.write_all(greeting).await.expect("written");
    let error = aemp_transport::establish(near, config, limit, |_| true).await;
    assert_eq!(text(error), "no part of the TLS handshake from the peer within 200ms");
}
