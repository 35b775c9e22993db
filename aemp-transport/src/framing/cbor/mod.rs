//! The `cbor` framing (RFC 8949): one CBOR array after another, as 2.x nodes write it.
//!
//! ```text
//! 83             array of 3      9f … ff   the same, of a length that its end tells
//!    43 61 2e 62 bytes "a.b"
//!    64 …        text            80        keepalive
//!    18 ff       255
//! ```
//!
//! Perl knows one kind of string: it writes bytes (one per character) where it can and text where
//! it must, so that both are read as a string wherever one is asked for. We write text as text and
//! bytes as bytes. Of what CBOR has beside values, tags are ignored (except those of large
//! integers, which are understood, and references to other items, which are refused), `undefined`
//! and unassigned simple values are null, and names of map entries may be numbers or booleans.

mod half;
mod head;
mod integers;
mod message;
mod reader;
mod scan;
mod splitter;
#[cfg(test)]
mod tests;
mod writer;

pub(super) use message::Cbor;
