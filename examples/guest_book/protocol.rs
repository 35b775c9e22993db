//! What server and client have in common: the messages, and the group in which the server is found.

use aemp_actor::prelude::*;

/// The group of the port that has the book.
pub(crate) const GROUP: &str = "guest books";

/// A book that visitors sign.
#[protocol]
pub(crate) trait GuestBook {
    /// Signs it; the answer is who signed before, the latest last.
    fn sign(&self, name: String) -> Vec<String>;
}
