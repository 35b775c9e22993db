//! Asking other nodes.

mod conversation;
mod error;
mod introspect;

pub(crate) use conversation::{Conversation, Heard};
pub use error::IntrospectError;
pub use introspect::Introspect;
