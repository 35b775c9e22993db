//! TLS with certificates: what the two sides have configured, and what comes of it.
#![cfg(feature = "tls")]

mod support;

use std::sync::Arc;

use aemp_transport::{
    AuthMethod, Certificates, EstablishError, Established, HandshakeConfig, Nonces, Protection,
    Require, TlsVersion, generate_certificate,
};
use support::authority::{Authority, Says, Usage};
use support::greet;

/// Key and certificate as the Perl implementation makes them, on all nodes.
const REFERENCE: &str = include_str!("vectors/reference-cert.pem");

const TLS: Protection = Protection::Tls { version: TlsVersion::V1_3, certificate: true };

fn pem(text: &str) -> Certificates {
    Certificates::from_pem(text).expect("a PEM")
}

/// A node with these certificates, and no secret.
fn node(node_id: &str, certificates: Certificates) -> HandshakeConfig {
    let mut config = HandshakeConfig::new(node_id, "");
    config.certificates = Some(Arc::new(certificates));
    config
}

/// The same as the client of TLS.
fn client(mut config: HandshakeConfig) -> HandshakeConfig {
    config.nonces = Nonces::from_fn(|| "A".to_owned());
    config
}

fn server(mut config: HandshakeConfig) -> HandshakeConfig {
    config.nonces = Nonces::from_fn(|| "B".to_owned());
    config
}

fn text(result: Result<Established, EstablishError>) -> String {
    result.expect_err("refused").to_string()
}

/// Both sides are content, in both roles.
async fn agree(alpha: &HandshakeConfig, beta: &HandshakeConfig) {
    for (alpha, beta) in [
        (client(alpha.clone()), server(beta.clone())),
        (server(alpha.clone()), client(beta.clone())),
    ] {
        let (near, far) = greet(alpha, beta).await;
        for established in [near.expect("alpha"), far.expect("beta")] {
            assert_eq!(established.outcome.protection, TLS);
            assert!(established.outcome.trusted);
        }
    }
}

/// `alpha` refuses `beta`'s certificate so, in both roles; `beta` hears of it.
async fn refuses(alpha: &HandshakeConfig, beta: &HandshakeConfig, why: &str, told: &str) {
    let expected = format!("the peer's certificate is not trusted: {why}");
    let (near, far) = greet(client(alpha.clone()), server(beta.clone())).await;
    assert_eq!(text(near), expected);
    assert_eq!(text(far), format!("the peer refused TLS: {told}"));
    let (near, far) = greet(server(alpha.clone()), client(beta.clone())).await;
    assert_eq!(text(near), expected);
    assert_eq!(text(far), format!("the peer refused TLS: {told}"));
}

/// None of the two trusts the other: whoever is the client of TLS says so first.
async fn strangers(alpha: &HandshakeConfig, beta: &HandshakeConfig) {
    for (near, far) in [(alpha, beta), (beta, alpha)] {
        let (near, far) = greet(client(near.clone()), server(far.clone())).await;
        assert_eq!(
            text(near),
            "the peer's certificate is not trusted: unknown issuer (it is none of those \
             configured here, nor signed by a configured CA)"
        );
        assert_eq!(
            text(far),
            "the peer refused TLS: it does not know the issuer of our certificate"
        );
    }
}

#[tokio::test]
async fn one_certificate_for_all_nodes_as_the_reference_makes_it() {
    let [alpha, beta] = ["alpha", "beta"].map(|id| node(id, pem(REFERENCE)));
    agree(&alpha, &beta).await;
    let (near, _) = greet(alpha, beta).await;
    let established = near.expect("alpha");
    assert_eq!(established.outcome.auth, AuthMethod::TlsSha3_512);
    let session = established.stream.session().expect("TLS");
    assert!(session.trusted);
    assert_eq!(session.certificate.as_deref(), Some(pem(REFERENCE).own_certificate()));
}

#[tokio::test]
async fn a_node_of_the_reference_is_content_with_its_own_method() {
    let alpha = node("alpha", pem(REFERENCE));
    let mut reference = node("beta", pem(REFERENCE));
    reference.accept =
        ["tls_md6_64_256", "hmac_md6_64_256", "tls_anon", "cleartext"].map(method).to_vec();
    reference.offer = ["tls_md6_64_256", "hmac_md6_64_256"].map(method).to_vec();
    reference.stls = false;
    let (near, far) = greet(alpha, reference).await;
    assert_eq!(near.expect("alpha").outcome.auth, AuthMethod::TlsMd6_64_256);
    assert_eq!(far.expect("beta").outcome.auth, AuthMethod::TlsMd6_64_256);
}

fn method(name: &str) -> AuthMethod {
    name.parse().expect(name)
}

#[tokio::test]
async fn certificates_of_one_ca() {
    let ca = Authority::new();
    agree(&node("alpha", ca.certificates("alpha")), &node("beta", ca.certificates("beta"))).await;
    for usage in [Usage::Client, Usage::Server] {
        let says = Says { usage: Some(usage), ..Says::default() };
        let beta = node("beta", pem(&ca.node("beta", says)));
        agree(&node("alpha", ca.certificates("alpha")), &beta).await;
    }
    let says = Says { usage: Some(Usage::Email), ..Says::default() };
    let (near, far) = greet(
        client(node("alpha", ca.certificates("alpha"))),
        server(node("beta", pem(&ca.node("beta", says)))),
    )
    .await;
    assert!(text(near).starts_with("the peer's certificate is not trusted: "));
    assert!(text(far).starts_with("the peer refused TLS: "));
}

#[tokio::test]
async fn certificates_of_another_ca_are_refused() {
    let alpha = node("alpha", Authority::new().certificates("alpha"));
    let beta = node("beta", Authority::new().certificates("beta"));
    strangers(&alpha, &beta).await;
    let self_signed = node("beta", pem(&generate_certificate("beta").expect("made")));
    strangers(&alpha, &self_signed).await;
    strangers(&node("alpha", pem(REFERENCE)), &self_signed).await;
}

#[tokio::test]
async fn self_signed_certificates_that_know_each_other() {
    let [one, two] = ["alpha", "beta"].map(|id| generate_certificate(id).expect("made"));
    let public = |pem: &str| pem[..pem.find("-----BEGIN PRIVATE").expect("a key")].to_owned();
    let alpha = node("alpha", pem(&format!("{one}{}", public(&two))));
    let beta = node("beta", pem(&format!("{}{two}", public(&one))));
    agree(&alpha, &beta).await;
}

#[tokio::test]
async fn expired_certificates_are_refused() {
    let ca = Authority::new();
    let says = Says { expired: true, ..Says::default() };
    let expired = ca.node("beta", says);
    let (alpha, beta) = (node("alpha", ca.certificates("alpha")), node("beta", pem(&expired)));
    refuses(&alpha, &beta, "it has expired", "our certificate has expired").await;
    // Pinned ones are no exception.
    let alpha = client(node("alpha", pem(&expired)));
    let (near, _) = greet(alpha, server(beta)).await;
    assert_eq!(text(near), "the peer's certificate is not trusted: it has expired");
}

#[tokio::test]
async fn the_node_id_has_to_be_in_the_certificate_when_that_is_checked() {
    let ca = Authority::new();
    let mut alpha = node("alpha", ca.certificates("alpha"));
    alpha.policy.check_node_id = true;
    agree(&alpha, &node("beta", ca.certificates("beta"))).await;
    let uri = Says { uri: true, ..Says::default() };
    agree(&alpha, &node("be/ta:1", pem(&ca.node("be/ta:1", uri)))).await;
    for (node_id, named) in [("beta", "gamma"), ("Beta", "beta"), ("beta", "beta.example")] {
        let beta = node(node_id, ca.certificates(named));
        let (near, far) = greet(alpha.clone(), beta).await;
        assert_eq!(
            text(near),
            format!(
                "the certificate of node {node_id:?} does not hold its node ID but {named:?} \
                 (check_node_id)"
            )
        );
        assert!(text(far).starts_with("connection closed by the peer before its auth line"));
    }
    let mut reference = node("alpha", pem(REFERENCE));
    reference.policy.check_node_id = true;
    let (near, _) = greet(reference, node("beta", pem(REFERENCE))).await;
    assert!(text(near).contains("does not hold its node ID but \"\""));
}

/// What the two sides have, and what comes of it.
#[tokio::test]
async fn the_matrix() {
    let ca = Authority::new();
    let with = |id: &str, secret: &str, certificates: bool, stls: bool| {
        let mut config = HandshakeConfig::new(id, secret);
        config.certificates = certificates.then(|| Arc::new(ca.certificates(id)));
        config.stls = stls;
        config
    };
    for (alpha, beta, protection, auth) in [
        (("s", true, true), ("s", true, true), TLS, "tls_hmac_sha3_512"),
        (("s", true, true), ("", true, true), TLS, "tls_sha3_512"),
        (("", true, true), ("", true, true), TLS, "tls_sha3_512"),
        (("s", true, false), ("s", true, false), TLS, "tls_hmac_sha3_512"),
        (("s", true, true), ("s", false, true), Protection::Stls, "tls_hmac_sha3_512"),
        (("s", false, true), ("s", false, true), Protection::Stls, "tls_hmac_sha3_512"),
        (("s", true, false), ("s", false, true), Protection::Plain, "hmac_sha3_512"),
        (("s", false, false), ("s", false, false), Protection::Plain, "hmac_sha3_512"),
    ] {
        let near = with("alpha", alpha.0, alpha.1, alpha.2);
        let far = with("beta", beta.0, beta.1, beta.2);
        let (near, far) = greet(near, far).await;
        for established in [near.expect("alpha"), far.expect("beta")] {
            assert_eq!(established.outcome.protection, protection, "{alpha:?} {beta:?}");
            assert_eq!(established.outcome.auth.name(), auth, "{alpha:?} {beta:?}");
        }
    }
    for (alpha, beta) in
        [(("", true, true), ("s", false, true)), (("s", true, true), ("t", true, true))]
    {
        let near = with("alpha", alpha.0, alpha.1, alpha.2);
        let (near, far) = greet(near, with("beta", beta.0, beta.1, beta.2)).await;
        assert!(near.is_err() && far.is_err(), "{alpha:?} {beta:?}");
    }
}

#[tokio::test]
async fn a_certificate_can_be_required() {
    let ca = Authority::new();
    let mut strict = HandshakeConfig::new("alpha", "geheim");
    strict.certificates = Some(Arc::new(ca.certificates("alpha")));
    strict.policy.require = Require::Certificate;
    let mut beta = HandshakeConfig::new("beta", "geheim");
    for stls in [true, false] {
        beta.stls = stls;
        let (near, _) = greet(strict.clone(), beta.clone()).await;
        let text = text(near);
        assert!(text.contains("node \"beta\" from 127.0.0.1:"), "{text}");
        assert!(text.contains("shows no certificate: give it one"), "{text}");
    }
    beta.certificates = Some(Arc::new(ca.certificates("beta")));
    agree(&strict, &beta).await;
}

/// TLS 1.2 is for certificates only, where an old system has nothing better.
#[tokio::test]
async fn an_old_peer_speaks_tls_1_2() {
    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;
    let ca = Authority::new();
    let (near, mut far) = support::tcp().await;
    let old = async {
        far.write_all(b"aemp;1;beta;tls_sha3_512;json;tls=1.0\n\n").await.expect("written");
        support::streams::lines(&mut far, 2).await;
        let mut tls = support::raw_tls::old_client(far, &ca.node("beta", Says::default()))
            .await
            .expect("TLS");
        let _ = tls.read(&mut [0; 4096]).await.expect("an auth line");
        tls.write_all(b"tls_sha3_512;00;json\n").await.expect("written");
        let _ = tls.flush().await;
    };
    let alpha = Arc::new(server(node("alpha", ca.certificates("alpha"))));
    let (near, ()) =
        tokio::join!(aemp_transport::establish(near, alpha, support::LIMIT, |_| true), old);
    assert_eq!(
        text(near),
        "the greetings were altered on the way (tls_sha3_512 of node \"beta\" does not verify)"
    );
}
