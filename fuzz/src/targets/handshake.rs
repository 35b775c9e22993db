//! What a peer says before it has proved anything.

use std::sync::{Arc, OnceLock};

use aemp_transport::{AuthMethod, Handshake, HandshakeConfig};
use bytes::BytesMut;

const NONCE: &str = "nonce";

/// The peer that sends auth lines, and how it greets.
const PEER: &str = "peer";
const PEER_NONCE: &str = "another";

/// Greeting, nonce and auth line: the first byte says how the rest is cut, which must not matter.
pub fn greeting(data: &[u8]) {
    let Some((cut, bytes)) = data.split_first() else { return };
    let whole = listen(&[bytes]);
    let pieces: Vec<&[u8]> = bytes.chunks(usize::from(*cut) + 1).collect();
    assert_eq!(whole, listen(&pieces));
}

/// What a handshake comes to, as text.
fn listen(pieces: &[&[u8]]) -> String {
    let mut handshake = Handshake::new(config("fuzz"), NONCE.into(), None);
    let mut said = handshake.poll_transmit().expect("a greeting");
    let (mut input, mut problem) = (BytesMut::new(), None);
    for piece in pieces {
        input.extend_from_slice(piece);
        problem = handshake.handle_input(&mut input).err();
        said.extend(std::iter::from_fn(|| handshake.poll_transmit()).flatten());
    }
    let (expected, outcome) = (handshake.expected(), handshake.poll_outcome());
    // Of a stream that has failed nobody cares what is left.
    let left = if problem.is_none() { &input[..] } else { &[] };
    let said = String::from_utf8_lossy(&said);
    format!("{said} {problem:?} {expected:?} {outcome:?} {left:?}")
}

/// An auth line of a peer that has greeted well: only those that prove the secret pass.
pub fn auth_line(data: &[u8]) {
    let mut handshake = Handshake::new(config("fuzz"), NONCE.into(), None);
    let mut peer = Handshake::new(config(PEER), PEER_NONCE.into(), None);
    let mut input = BytesMut::from(&*peer.poll_transmit().expect("a greeting"));
    handshake.handle_input(&mut input).expect("a valid greeting");
    assert!(input.is_empty());
    input.extend_from_slice(data);
    input.extend_from_slice(b"\n");
    let result = handshake.handle_input(&mut input);
    let outcome = handshake.poll_outcome();
    assert_eq!(result.is_ok(), outcome.is_some());
    if outcome.is_some() {
        let proved = honest().iter().any(|line| data.starts_with(line));
        assert!(proved, "accepted: {}", data.escape_ascii());
    }
}

/// Method and proof of all auth lines that pass, each with the separator after it.
fn honest() -> &'static [Vec<u8>] {
    static LINES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    LINES.get_or_init(|| {
        let methods = [AuthMethod::HmacMd6_64_256, AuthMethod::HmacSha3_512];
        let mut lines: Vec<_> = methods.into_iter().map(honest_line).collect();
        lines.push(b"cleartext;67656865696d;".to_vec());
        lines
    })
}

fn honest_line(method: AuthMethod) -> Vec<u8> {
    let mut ours = Handshake::new(config("fuzz"), NONCE.into(), None);
    let mut config = HandshakeConfig::clone(&config(PEER));
    config.offer = vec![method];
    let mut peer = Handshake::new(config.into(), PEER_NONCE.into(), None);
    peer.poll_transmit();
    let mut input = BytesMut::from(&*ours.poll_transmit().expect("a greeting"));
    peer.handle_input(&mut input).expect("a valid greeting");
    let line = peer.poll_transmit().expect("an auth line");
    let end = line.iter().rposition(|byte| *byte == b';').expect("three fields");
    line[..=end].to_vec()
}

/// The same each time, so that what was found can be found again.
fn config(node: &str) -> Arc<HandshakeConfig> {
    let mut config = HandshakeConfig::new(node, "geheim");
    config.instance = format!("instance-of-{node}");
    config.serves = vec!["dataconn".into()];
    config.into()
}
