//! The `bincode` framing: what our nodes write to each other.
//!
//! ```text
//!  byte 0       4        count of the list
//!        ┌───────┬───────┬──────────┬────────────────────────────────────────┐
//!        │ length, BE 32 │ varint   │ value (the port name) │ value │ value … │
//!        └───────┴───────┴──────────┴────────────────────────────────────────┘
//!                        └──────────────── length bytes ────────────────────┘
//! ```
//!
//! What follows the length is bincode 2, standard configuration, of a list of
//! [`Value`](crate::Value)s: each is a tag (the variant's place in the enum), then
//!
//! | tag | value | content |
//! |---|---|---|
//! | 0 | null | nothing |
//! | 1 | boolean | 0 or 1 |
//! | 2 | signed integer | zigzag varint |
//! | 3 | unsigned integer | varint; written only beyond the range of tag 2 |
//! | 4 | float | 8 bytes, little endian |
//! | 5 | string | varint length, UTF-8 |
//! | 6 | bytes | varint length, bytes |
//! | 7 | list | varint count, values |
//! | 8 | map | varint count; of each entry the name (length, UTF-8) and a value |
//!
//! A varint is one byte below 251, else 251, 252 or 253 and 2, 4 or 8 bytes, little endian.
//! The empty list is the keepalive.

mod check;
mod message;
mod primitive;
mod reader;
mod splitter;
mod tag;
#[cfg(test)]
mod tests;
mod transcode;
mod writer;

pub(super) use message::Bincode;
