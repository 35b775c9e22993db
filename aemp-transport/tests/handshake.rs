//! The handshake without any I/O: two sides, every refusal, no panics.

mod support;

use std::sync::Arc;

use aemp_transport::{
    AuthMethod, Framing, Handshake, HandshakeConfig, HandshakeError, Line, Outcome, nonce,
};
use bytes::BytesMut;
use proptest::prelude::*;
use support::side;

/// Lets two sides talk, so many bytes at a time; stops at the first error of either.
fn talk(
    alpha: &mut Handshake,
    beta: &mut Handshake,
    size: usize,
) -> Result<(Outcome, Outcome), HandshakeError> {
    let (mut to_alpha, mut to_beta) = (Vec::new(), Vec::new());
    let (mut at_alpha, mut at_beta) = (BytesMut::new(), BytesMut::new());
    let (mut a, mut b) = (None, None);
    loop {
        to_beta.extend(alpha.poll_transmit().unwrap_or_default());
        to_alpha.extend(beta.poll_transmit().unwrap_or_default());
        at_alpha.extend(to_alpha.drain(..size.min(to_alpha.len())));
        at_beta.extend(to_beta.drain(..size.min(to_beta.len())));
        alpha.handle_input(&mut at_alpha)?;
        beta.handle_input(&mut at_beta)?;
        a = a.or_else(|| alpha.poll_outcome());
        b = b.or_else(|| beta.poll_outcome());
        if let (Some(a), Some(b)) = (&a, &b) {
            assert!(to_alpha.is_empty() && to_beta.is_empty());
            return Ok((a.clone(), b.clone()));
        }
    }
}

/// What `alpha` says to a peer of these lines.
fn answer(lines: &[u8]) -> HandshakeError {
    let mut alpha = side("alpha");
    let mut input = BytesMut::from(lines);
    let error = alpha.handle_input(&mut input).expect_err("refused");
    assert_eq!(alpha.handle_input(&mut input), Err(error.clone()), "stays refused");
    assert_eq!(alpha.poll_outcome(), None);
    assert_eq!(alpha.expected(), None);
    error
}

fn greeted(greeting: &str) -> String {
    answer(format!("{greeting}\nNONCE\n").as_bytes()).to_string()
}

fn authed(auth_line: &str) -> String {
    answer(format!("aemp;1;beta;hmac_sha3_512;json\nNONCE\n{auth_line}\n").as_bytes()).to_string()
}

#[test]
fn two_sides_agree_however_the_bytes_come() {
    for size in [1, 2, 7, 100, 10_000] {
        let (a, b) = talk(&mut side("alpha"), &mut side("beta"), size).expect("agreement");
        assert_eq!((a.peer.node_id.as_str(), b.peer.node_id.as_str()), ("beta", "alpha"));
        assert_eq!(a.auth, AuthMethod::HmacSha3_512);
        assert_eq!((a.read_framing, a.write_framing), (Framing::Bincode, Framing::Bincode));
        assert!(a.peer.instance().is_some());
        let accepted: Vec<_> = AuthMethod::ALL.iter().map(|method| method.name()).collect();
        assert_eq!(a.peer.auth, accepted);
    }
}

#[test]
fn the_remote_order_of_methods_decides() {
    let mut config = HandshakeConfig::new("alpha", "geheim");
    config.accept = vec![AuthMethod::HmacMd6_64_256, AuthMethod::HmacSha3_512];
    let mut alpha = Handshake::new(Arc::new(config), nonce(), None);
    let (a, b) = talk(&mut alpha, &mut side("beta"), 1).expect("agreement");
    assert_eq!((a.auth, b.auth), (AuthMethod::HmacMd6_64_256, AuthMethod::HmacSha3_512));
}

/// One side that speaks these framings.
fn speaking(node_id: &str, framings: &[Framing]) -> Handshake {
    let mut config = HandshakeConfig::new(node_id, "geheim");
    config.framings = framings.to_vec();
    Handshake::new(Arc::new(config), nonce(), None)
}

#[test]
fn each_direction_has_the_framing_that_its_reader_likes_best() {
    use Framing::{Bincode, Cbor, Json};
    for (alpha, beta, to_beta, to_alpha) in [
        (Framing::ALL, Framing::ALL, Bincode, Bincode),
        (Framing::ALL, &[Json][..], Json, Json),
        (Framing::ALL, &[Cbor, Json], Cbor, Json),
        (&[Cbor, Bincode], &[Bincode, Json, Cbor], Bincode, Cbor),
    ] {
        let (a, b) = talk(&mut speaking("alpha", alpha), &mut speaking("beta", beta), 100)
            .expect("a framing in common");
        assert_eq!((a.write_framing, a.read_framing), (to_beta, to_alpha));
        assert_eq!((b.read_framing, b.write_framing), (to_beta, to_alpha));
    }
    let error = talk(&mut speaking("alpha", &[Bincode, Cbor]), &mut speaking("beta", &[Json]), 100)
        .expect_err("none in common");
    assert!(matches!(error, HandshakeError::NoCommonFraming { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.starts_with("no common framing: node ") && text.contains("bincode,cbor"),
        "{text}"
    );
}

#[test]
fn the_tiny_handshake_of_a_script() {
    let mut alpha = side("alpha");
    let script = "aemp;1;s;hmac_md6_64_256;json\r\n\r\ncleartext;67656865696d;json;x=y\r\n[\"\"]";
    let mut input = BytesMut::from(script);
    alpha.handle_input(&mut input).expect("accepted");
    let outcome = alpha.poll_outcome().expect("an outcome");
    assert_eq!(alpha.poll_outcome(), None);
    assert_eq!((outcome.auth, outcome.peer.node_id.as_str()), (AuthMethod::Cleartext, "s"));
    assert_eq!(input, "[\"\"]");
    alpha.handle_input(&mut input).expect("nothing more to take");
    assert_eq!(input, "[\"\"]");
}

#[test]
fn tells_the_peer_its_address_and_escapes_fields() {
    let mut config = HandshakeConfig::new("alpha", "geheim");
    config.provider = "a;b%".to_owned();
    let mut alpha =
        Handshake::new(Arc::new(config), "N".to_owned(), Some("127.0.0.1:1".to_owned()));
    let text = String::from_utf8(alpha.poll_transmit().expect("a greeting")).expect("UTF-8");
    assert!(text.contains(";peeraddr=127.0.0.1:1;provider=a%3bb%25\nN\n"), "{text}");
}

#[test]
fn refuses_what_is_no_aemp() {
    assert_eq!(
        greeted("GET / HTTP/1.1\r"),
        "the peer speaks no AEMP: its first line is \"GET / HTTP/1.1\""
    );
    assert!(greeted("").starts_with("the peer speaks no AEMP"));
    assert!(greeted("aempx;1;beta;cleartext;json").starts_with("the peer speaks no AEMP"));
    let long = greeted(&"x".repeat(3000));
    assert!(long.len() < 140 && long.ends_with("x…\""), "{long}");
    let binary = answer(b"\x16\x03\x01\n").to_string();
    assert_eq!(binary, "the peer speaks no AEMP: its first line is \"\\u{16}\\u{3}\\u{1}\"");
}

#[test]
fn refuses_foreign_greetings() {
    assert_eq!(
        greeted("aemp-dataconn;1;beta;hmac_sha3_512;json;dataconn_id=1"),
        "the peer asks for the sub-protocol \"dataconn\""
    );
    assert_eq!(
        greeted("aemp;2;beta;hmac_sha3_512;json"),
        "the peer speaks AEMP version \"2\", not version 1"
    );
    assert!(greeted("aemp;1;beta;json").starts_with("the peer's greeting is not complete"));
    assert!(greeted("aemp;1;;hmac_sha3_512;json").starts_with("the peer's node ID \"\" is not"));
    assert!(greeted("aemp;1;a%3bb;x;json").starts_with("the peer's node ID \"a;b\" is not valid"));
    assert!(greeted("aemp;1;bé;x;json").starts_with("the peer's node ID"));
    assert_eq!(
        greeted("aemp;1;beta;hmac_sha3_512;json;x=%"),
        "malformed escape in the field \"x=%\" of the peer's greeting"
    );
    assert_eq!(
        greeted("aemp;1;beta;tls_anon,foo;json"),
        "no common authentication method: node \"beta\" accepts \"tls_anon,foo\", we offer \
         \"hmac_sha3_512,hmac_md6_64_256\" (auth_offer)"
    );
    assert_eq!(
        greeted("aemp;1;beta;hmac_sha3_512;storable"),
        "no common framing: node \"beta\" reads \"storable\", we write \"bincode,json,cbor\" \
         (framings)"
    );
}

#[test]
fn refuses_itself() {
    assert_eq!(
        greeted("aemp;1;alpha;hmac_sha3_512;json"),
        "the peer has our own node ID \"alpha\": talking to myself?"
    );
    let mut alpha = side("alpha");
    let mut echo = BytesMut::from(alpha.poll_transmit().expect("a greeting").as_slice());
    assert_eq!(alpha.handle_input(&mut echo), Err(HandshakeError::Echo));
    assert_eq!(alpha.poll_transmit(), None, "nothing is proved to an echo");
}

#[test]
fn refuses_long_lines_and_other_text() {
    let greeting = b"aemp;1;beta;hmac_sha3_512;json\n".to_vec();
    let long = vec![b'x'; 4096];
    let line = |line| HandshakeError::LineTooLong { line };
    assert_eq!(answer(&long), line(Line::Greeting));
    assert_eq!(answer(&[greeting.clone(), long.clone()].concat()), line(Line::Nonce));
    assert_eq!(answer(&[greeting.as_slice(), b"\n", &long].concat()), line(Line::Auth));
    let utf8 = |line| HandshakeError::Utf8 { line };
    assert_eq!(answer(b"aemp;1;beta;hmac_sha3_512;json;x=\xff\n"), utf8(Line::Greeting));
    assert_eq!(answer(&[greeting.as_slice(), b"\xff\n"].concat()), utf8(Line::Nonce));
    assert_eq!(answer(&[greeting.as_slice(), b"\n\xff\n"].concat()), utf8(Line::Auth));
    assert_eq!(line(Line::Auth).to_string(), "the peer's auth line is longer than 4096 bytes");
}

#[test]
fn refuses_wrong_proofs() {
    for (method, proof) in [
        ("hmac_md6_64_256", "b45dfd6d6d2caccb10bc053c03287e10bd9288a6b28b4625bd934b7aa62c689a"),
        ("hmac_sha3_512", ""),
        ("cleartext", "67656865696D"),
    ] {
        assert_eq!(
            authed(&format!("{method};{proof};json")),
            format!("wrong secret ({method} of node \"beta\" does not verify)")
        );
    }
    assert_eq!(
        authed("tls_x;;json"),
        "unknown authentication method \"tls_x\" used by node \"beta\""
    );
    for method in ["tls_anon", "tls_hmac_sha3_512", "tls_sha3_512", "tls_md6_64_256"] {
        assert_eq!(
            authed(&format!("{method};;json")),
            format!(
                "authentication method {method} used by node \"beta\" does not fit a connection \
                 with the protection none"
            )
        );
    }
    assert_eq!(authed("cleartext;00"), "the peer's auth line is not complete: \"cleartext;…\"");
    assert_eq!(
        authed("cleartext;67656865696d;storable"),
        "node \"beta\" wants to write framing \"storable\", we read \"bincode,json,cbor\" \
         (framings)"
    );
}

#[test]
fn refuses_methods_that_are_not_accepted() {
    let mut config = HandshakeConfig::new("alpha", "geheim");
    config.accept = vec![AuthMethod::HmacSha3_512];
    let mut alpha = Handshake::new(Arc::new(config), nonce(), None);
    let peer = "aemp;1;beta;hmac_sha3_512;json\nNONCE\ncleartext;67656865696d;json\n";
    let error = alpha.handle_input(&mut BytesMut::from(peer)).expect_err("not accepted");
    assert_eq!(
        error.to_string(),
        "authentication method cleartext used by node \"beta\" is not accepted here (auth_accept)"
    );
}

#[test]
fn another_secret_is_a_wrong_secret() {
    let config = HandshakeConfig::new("beta", "another");
    let mut beta = Handshake::new(Arc::new(config), nonce(), None);
    let error = talk(&mut side("alpha"), &mut beta, 10).expect_err("refused");
    // Whoever is the first to read the other's auth line.
    assert!(
        matches!(error, HandshakeError::WrongSecret { method: "hmac_sha3_512", .. }),
        "{error}"
    );
}

proptest! {
    #[test]
    fn no_bytes_panic(input in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = side("alpha").handle_input(&mut BytesMut::from(input.as_slice()));
    }

    #[test]
    fn no_lines_panic(input in "aemp;1;[a-z%]{0,3};(hmac_sha3_512|,|%3b){0,3};(json|,)\\PC{0,20}\n\\PC{0,9}\n\\PC{0,99}\n") {
        let _ = side("alpha").handle_input(&mut BytesMut::from(input.as_str()));
    }
}
