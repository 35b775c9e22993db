//! Somebody in the middle, who reads and changes what he likes, but has not the secret.
#![cfg(feature = "tls")]

mod support;

use std::sync::Arc;

use aemp_transport::{
    Certificates, EstablishError, Established, HandshakeConfig, Nonces, Protection, establish,
    generate_certificate,
};
use support::LIMIT;
use support::middle::{Middle, Way, pass, pass_greetings};
use support::raw_tls;

type Ends = (Result<Established, EstablishError>, Result<Established, EstablishError>);

fn config(node_id: &str) -> HandshakeConfig {
    let mut config = HandshakeConfig::new(node_id, "geheim");
    // So that it is known who is the client of TLS.
    let nonce = if node_id == "alpha" { "A" } else { "B" };
    config.nonces = Nonces::from_fn(move || nonce.to_owned());
    config
}

fn plain(node_id: &str) -> HandshakeConfig {
    let mut config = config(node_id);
    config.stls = false;
    config
}

/// Two nodes that greet each other through somebody who edits the greetings and passes on the rest.
async fn edited(
    alpha: HandshakeConfig,
    beta: HandshakeConfig,
    edit: impl Fn(Way, String) -> String,
) -> Ends {
    let Middle { near, far, mut to_near, mut to_far } = Middle::new().await;
    let middle = async {
        pass_greetings(&mut to_near, &mut to_far, edit).await;
        pass(to_near, to_far).await;
    };
    // A node that refuses closes, and so ends the middle.
    let (near, far, ()) = tokio::join!(
        establish(near, Arc::new(alpha), LIMIT, |_| true),
        establish(far, Arc::new(beta), LIMIT, |_| true),
        middle
    );
    (near, far)
}

fn text(result: Result<Established, EstablishError>) -> String {
    result.expect_err("refused").to_string()
}

/// Nobody believes that it is the other who speaks.
fn both_refuse((near, far): Ends, what: &str) {
    assert!(near.is_err() && far.is_err(), "{what}: {near:?} {far:?}");
}

/// Without an edit nothing is refused: else these tests would show nothing.
#[tokio::test]
async fn nothing_changed_is_nothing_refused() {
    for (make, protection) in
        [(config as fn(&str) -> _, Protection::Stls), (plain, Protection::Plain)]
    {
        let Middle { near, far, mut to_near, mut to_far } = Middle::new().await;
        let middle = tokio::spawn(async move {
            pass_greetings(&mut to_near, &mut to_far, |_, line| line).await;
            pass(to_near, to_far).await;
        });
        let (near, far) = tokio::join!(
            establish(near, Arc::new(make("alpha")), LIMIT, |_| true),
            establish(far, Arc::new(make("beta")), LIMIT, |_| true),
        );
        assert_eq!(near.expect("alpha").outcome.protection, protection);
        assert_eq!(far.expect("beta").outcome.protection, protection);
        middle.await.expect("no panic");
    }
}

#[tokio::test]
async fn a_stripped_stls_key_is_noticed_by_both() {
    let strip = |_, line: String| line.replace(";stls=1", "");
    let (near, far) = edited(config("alpha"), config("beta"), strip).await;
    assert!(text(near).starts_with("wrong secret (hmac_sha3_512 of node \"beta\""));
    assert!(text(far).starts_with("wrong secret (hmac_sha3_512 of node \"alpha\""));
    for way in [Way::ToFar, Way::ToNear] {
        let strip =
            move |w, line: String| if w == way { line.replace(";stls=1", "") } else { line };
        both_refuse(edited(config("alpha"), config("beta"), strip).await, "one way only");
    }
}

#[tokio::test]
async fn a_stripped_tls_key_is_noticed_by_both() {
    let pem = generate_certificate("any").expect("made");
    let certificates = Arc::new(Certificates::from_pem(&pem).expect("a PEM"));
    let with = |id: &str| {
        let mut config = config(id);
        config.certificates = Some(certificates.clone());
        config
    };
    let strip = |_, line: String| line.replace(";tls=1.0", "");
    let (near, far) = edited(with("alpha"), with("beta"), strip).await;
    assert!(text(near).starts_with("wrong secret (tls_hmac_sha3_512 of node"));
    assert!(text(far).starts_with("wrong secret (tls_hmac_sha3_512 of node"));
    let both = |_, line: String| line.replace(";tls=1.0", "").replace(";stls=1", "");
    let (near, far) = edited(with("alpha"), with("beta"), both).await;
    assert!(text(near).starts_with("wrong secret (hmac_sha3_512 of node"));
    assert!(text(far).starts_with("wrong secret (hmac_sha3_512 of node"));
}

#[tokio::test]
async fn altered_greetings_are_refused() {
    type Edit = fn(String) -> String;
    let edits: [(&str, Edit); 9] = [
        ("instance", |line| line.replace(";inst=", ";inst=x")),
        ("no instance", |line| line.replace(";inst=", ";tsni=")),
        ("address", |line| line.replace(";peeraddr=", ";peeraddr=1")),
        ("provider", |line| line.replace(";provider=", ";provider=x")),
        ("node ID", |line| line.replace(";beta;", ";gamma;").replace(";alpha;", ";delta;")),
        ("one method less", |line| {
            line.replace("tls_hmac_sha3_512,tls_sha3_512,", "tls_hmac_sha3_512,")
        }),
        ("another order", |line| {
            line.replace("hmac_sha3_512,hmac_md6_64_256,", "hmac_md6_64_256,hmac_sha3_512,")
        }),
        ("one key more", |line| line.replacen('\n', ";x=y\n", 1)),
        ("nonce", |line| line.replace("A\n", "AA\n").replace("B\n", "BB\n")),
    ];
    for (what, edit) in edits {
        for way in [Way::ToFar, Way::ToNear] {
            let edit = move |w, line: String| if w == way { edit(line) } else { line };
            both_refuse(edited(config("alpha"), config("beta"), edit).await, what);
            both_refuse(edited(plain("alpha"), plain("beta"), edit).await, what);
        }
    }
}

#[tokio::test]
async fn nobody_can_be_made_to_send_the_secret() {
    for list in ["cleartext", "tls_anon,cleartext", "cleartext,tls_anon,wax_seal"] {
        let edit = move |_, line: String| {
            let (start, rest) = line.split_at(line.find(";tls_hmac").expect("methods") + 1);
            let rest = &rest[rest.find(';').expect("framings")..];
            format!("{start}{list}{rest}")
        };
        for make in [config, plain] {
            let (near, far) = edited(make("alpha"), make("beta"), edit).await;
            for refused in [near, far] {
                let text = text(refused);
                let closed = text.starts_with("connection") || text.starts_with("no TLS");
                assert!(text.starts_with("no common authentication method") || closed, "{text}");
            }
        }
    }
}

/// The one in the middle ends TLS on both sides, with certificates of his own.
#[tokio::test]
async fn two_sessions_in_place_of_one_are_noticed() {
    let Middle { near, far, mut to_near, mut to_far } = Middle::new().await;
    let pem = generate_certificate("middle").expect("made");
    let middle = async {
        pass_greetings(&mut to_near, &mut to_far, |_, line| line).await;
        // Alpha has the lower nonce: it is the client.
        let (to_near, to_far) =
            tokio::join!(raw_tls::server(to_near, &pem), raw_tls::client(to_far));
        pass(to_near.expect("TLS with alpha"), to_far.expect("TLS with beta")).await;
    };
    let (near, far, ()) = tokio::join!(
        establish(near, Arc::new(config("alpha")), LIMIT, |_| true),
        establish(far, Arc::new(config("beta")), LIMIT, |_| true),
        middle
    );
    for (refused, node_id) in [(near, "beta"), (far, "alpha")] {
        assert_eq!(
            text(refused),
            format!("wrong secret (tls_hmac_sha3_512 of node {node_id:?} does not verify)")
        );
    }
}

/// The same, where certificates were agreed on, and he has one that nobody trusts, or none.
#[tokio::test]
async fn a_middle_with_another_certificate_is_refused() {
    let pem = generate_certificate("any").expect("made");
    let certificates = Arc::new(Certificates::from_pem(&pem).expect("a PEM"));
    let with = |id: &str, secret: &str| {
        let mut config = config(id);
        config.secrets = vec![secret.into()];
        config.certificates = Some(certificates.clone());
        config
    };
    let Middle { near, far, mut to_near, mut to_far } = Middle::new().await;
    let own = generate_certificate("middle").expect("made");
    let middle = async {
        pass_greetings(&mut to_near, &mut to_far, |_, line| line).await;
        let (to_near, to_far) =
            tokio::join!(raw_tls::server(to_near, &own), raw_tls::client(to_far));
        assert!(to_near.is_err(), "alpha looks at the certificate");
        drop(to_far);
    };
    let (near, far, ()) = tokio::join!(
        establish(near, Arc::new(with("alpha", "geheim")), LIMIT, |_| true),
        establish(far, Arc::new(with("beta", "geheim")), LIMIT, |_| true),
        middle
    );
    assert!(text(near).starts_with("the peer's certificate is not trusted: unknown issuer"));
    assert!(far.is_err());
}
