//! What is sent: a list of values of which the first is, by convention, the tag.
//!
//! A message that came from another node stays encoded until the receiving port decodes it, in
//! its own task, straight into the types of its handler.

mod args;
mod asker;
mod bad_message;
mod payload;
mod rest;
mod text;
mod value_list;

pub use args::FromArgs;
pub(crate) use args::{read, read_request};
pub use asker::Asker;
pub(crate) use asker::{LateReply, To as AskerTo};
pub use bad_message::BadMessage;
pub use rest::Rest;
pub(crate) use value_list::shortened;
pub use value_list::{ArgError, Message};
