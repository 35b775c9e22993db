//! [`SubProtocol`]: what a connection is for, if not for packets.

/// Something else than packets that a connection is to carry after the handshake, such as the
/// bytes of a data connection.
///
/// The node that dials asks for it, in the first field of its greeting (`aemp-NAME`); the other one
/// has greeted as always by then.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SubProtocol {
    /// What follows `aemp-`.
    pub name: String,
    /// Keys and values that the greeting has for it.
    pub keys: Vec<(String, String)>,
}

/// The name in the first field of a greeting, if it asks for a sub-protocol.
pub(super) fn name_in(protocol: &str) -> Option<&str> {
    protocol.strip_prefix("aemp-")
}
