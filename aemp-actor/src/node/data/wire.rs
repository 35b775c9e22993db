//! The names that data connections have on the wire (AEMP protocol, section 6).

/// The request to expect a connection: `ID PORT TIMEOUT INIT ARGS…`.
pub(super) const EXPECT: &str = "AnyEvent::MP::DataConn::_expect";

/// The request to dial for one that is expected: `ID NODE`.
pub(super) const CONNECT: &str = "AnyEvent::MP::DataConn::_connect";

/// The sub-protocol that such a connection asks for in its greeting.
pub(crate) const DATA_CONN: &str = "dataconn";

/// The key of the greeting that has the ID.
pub(super) const ID_KEY: &str = "dataconn_id";

/// The kind of the reason that a port of the asking node is killed with.
pub(super) const KIND: &str = "AnyEvent::MP::DataConn";
