//! The third line: `METHOD;PROOF;FRAMING`, further fields ignored.

use crate::auth::AuthMethod;
use crate::framing::Framing;

/// An auth line, not believed yet.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct AuthLine<'a> {
    pub(super) method: &'a str,
    pub(super) proof: &'a str,
    pub(super) framing: &'a str,
}

impl<'a> AuthLine<'a> {
    /// `None` if there are fewer than three fields.
    pub(super) fn decode(line: &'a str) -> Option<Self> {
        let mut fields = line.split(';');
        Some(Self { method: fields.next()?, proof: fields.next()?, framing: fields.next()? })
    }
}

/// Our own auth line with its ending.
pub(super) fn encode(method: AuthMethod, proof: &str, framing: Framing) -> Vec<u8> {
    format!("{method};{proof};{framing}\n").into_bytes()
}
