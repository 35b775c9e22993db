//! [`Order`]: what a packet must not overtake.

/// What a packet must not overtake.
///
/// Packets of one key arrive in the order they were sent. A small packet overtakes a large one that
/// is being sent, unless that has the same key, or something of that key waits behind it. Where the
/// peer does not know of this, everything arrives in the order it was sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Order<'a> {
    /// Nothing: a sign of life.
    Free,
    /// Nothing, and it goes ahead of what waits, of whatever key, in whichever lane, and whether or
    /// not the peer knows of chunks: a sign of life of a connection that others share the link
    /// with. It waits for what is being written: a small packet, or a chunk, of 4 KiB, or of 64 KiB on a way
    /// that takes these within 10 ms. When many of them come, the rest has its turn after every 4 KiB.
    Urgent,
    /// Packets of the same key; the key of a message is the port it is for.
    Among(&'a str),
    /// Everything that was sent before; and packets of this key do not overtake it.
    After(&'a str),
    /// Packets of the same key; and nothing that is sent later overtakes it, but signs of life.
    Ahead(&'a str),
}

impl<'a> Order<'a> {
    /// What later packets are compared with.
    pub(super) fn key(self) -> Option<&'a str> {
        match self {
            Self::Free | Self::Urgent => None,
            Self::Among(key) | Self::After(key) | Self::Ahead(key) => Some(key),
        }
    }
}
