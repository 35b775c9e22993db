//! Who is trusted over QUIC: certificates and secrets, and somebody in the middle.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{
    Address, AuthMethod, BoxStream, Certificates, EstablishError, Established, HandshakeConfig,
    HandshakeError, Listener, Protection, Quic, Transport, establish, generate_certificate,
};

/// How long anything may take on a very busy machine. Nothing waits that long unless it fails.
const PATIENCE: Duration = Duration::from_secs(60);

type Ends = (Result<Established, EstablishError>, Result<Established, EstablishError>);

fn certificates() -> Certificates {
    Certificates::from_pem(&generate_certificate("a.node").expect("made")).expect("it is one")
}

fn with(certificates: Option<&Certificates>) -> Quic {
    let quic = Quic::new();
    quic.set_certificates(certificates);
    quic
}

fn config(id: &str, secret: &str, certificates: Option<&Certificates>) -> Arc<HandshakeConfig> {
    let mut config = HandshakeConfig::new(id, secret);
    config.certificates = certificates.cloned().map(Arc::new);
    Arc::new(config)
}

async fn listen(quic: &Quic) -> (Box<dyn Listener>, Address) {
    let any = "quic:127.0.0.1:0".parse().expect("an address");
    let listener = quic.bind(&any).await.expect("bound");
    let local = listener.local_addresses().remove(0);
    (listener, local)
}

async fn greet(
    stream: BoxStream,
    config: Arc<HandshakeConfig>,
) -> Result<Established, EstablishError> {
    establish(stream, config, PATIENCE, |_| true).await
}

/// The handshake over a new connection, as the dialler and the listener see it.
async fn meet(
    quic: &Quic,
    listener: &mut dyn Listener,
    at: &Address,
    [near, far]: [Arc<HandshakeConfig>; 2],
) -> Ends {
    let dialled = async { greet(quic.dial(at).await.expect("dialled"), near).await };
    let accepted = async { greet(listener.accept().await.expect("accepted"), far).await };
    tokio::join!(dialled, accepted)
}

/// The same between two nodes that have these certificates and secrets.
async fn pair(near: (&str, Option<&Certificates>), far: (&str, Option<&Certificates>)) -> Ends {
    let (mut listener, at) = listen(&with(far.1)).await;
    let configs = [config("near", near.0, near.1), config("far", far.0, far.1)];
    meet(&with(near.1), &mut *listener, &at, configs).await
}

fn assert_met((near, far): Ends, method: AuthMethod, certificate: bool) {
    for end in [near, far] {
        let outcome = end.expect("established").outcome;
        assert_eq!(outcome.auth, method);
        let expected = Protection::Transport { transport: "quic", certificate };
        assert_eq!(outcome.protection, expected);
        assert!(outcome.trusted);
    }
}

#[tokio::test]
async fn the_secret_is_enough_and_bound_to_the_session() {
    let ends = pair(("geheim", None), ("geheim", None)).await;
    assert_met(ends, AuthMethod::TlsHmacSha3_512, false);
    let (near, far) = pair(("geheim", None), ("other", None)).await;
    for end in [near, far] {
        let error = end.expect_err("not the same secret");
        let wrong = matches!(error, EstablishError::Handshake(HandshakeError::WrongSecret { .. }));
        assert!(
            wrong || matches!(error, EstablishError::Closed { .. } | EstablishError::Io(_)),
            "{error}"
        );
    }
}

#[tokio::test]
async fn the_same_certificate_is_enough_without_a_secret() {
    let one = certificates();
    assert_met(pair(("", Some(&one)), ("", Some(&one))).await, AuthMethod::TlsSha3_512, true);
}

#[tokio::test]
async fn other_certificates_prove_nothing() {
    let (one, other) = (certificates(), certificates());
    for far in [Some(&other), None] {
        assert_met(pair(("x", Some(&one)), ("x", far)).await, AuthMethod::TlsHmacSha3_512, false);
        let (near, far) = pair(("", Some(&one)), ("", far)).await;
        assert!(near.is_err() && far.is_err());
    }
}

#[tokio::test]
async fn certificates_change_while_connections_live() {
    let (old, new) = (certificates(), certificates());
    let quic = with(Some(&old));
    let (mut listener, at) = listen(&quic).await;
    let both = |certificates| ["near", "far"].map(|id| config(id, "", Some(certificates)));
    let before = meet(&quic, &mut *listener, &at, both(&old)).await;
    quic.set_certificates(Some(&new));
    let after = meet(&quic, &mut *listener, &at, both(&new)).await;
    let stranger = Quic::new().certificates(old.clone());
    let (near, far) = meet(&stranger, &mut *listener, &at, both(&old)).await;
    assert!(near.is_err() && far.is_err());
    assert_met(after, AuthMethod::TlsSha3_512, true);
    assert_met(before, AuthMethod::TlsSha3_512, true);
}

#[tokio::test]
async fn somebody_in_the_middle_is_found_out() {
    let quic = Quic::new();
    let (mut far_listener, far_at) = listen(&quic).await;
    let (mut middle, middle_at) = listen(&quic).await;
    let man = tokio::spawn(async move {
        let mut near = middle.accept().await.expect("accepted");
        let mut far = Quic::new().dial(&far_at).await.expect("dialled");
        drop(tokio::io::copy_bidirectional(&mut near, &mut far).await);
    });
    let configs = ["near", "far"].map(|id| config(id, "geheim", None));
    let (near, far) = meet(&quic, &mut *far_listener, &middle_at, configs).await;
    let errors = [near.expect_err("found out"), far.expect_err("found out")];
    let wrong = |error: &EstablishError| {
        matches!(error, EstablishError::Handshake(HandshakeError::WrongSecret { .. }))
    };
    assert!(errors.iter().any(wrong), "{errors:?}");
    man.await.expect("no panic");
}
