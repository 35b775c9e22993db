//! The tags of values: the places of the variants of [`Value`](crate::Value).

pub(super) const NULL: u8 = 0;
pub(super) const BOOL: u8 = 1;
pub(super) const INT: u8 = 2;
pub(super) const UINT: u8 = 3;
pub(super) const FLOAT: u8 = 4;
pub(super) const STR: u8 = 5;
pub(super) const BYTES: u8 = 6;
pub(super) const LIST: u8 = 7;
pub(super) const MAP: u8 = 8;

/// Never on the wire: bytes that were a sequence of `u8`, in a message that waits to be written
/// in whichever framing the peer wants. JSON writes a list then, the binary framings write bytes.
pub(super) const BYTE_LIST: u8 = 9;
