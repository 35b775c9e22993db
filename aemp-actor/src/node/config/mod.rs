//! How a node is set up.

mod builder;
mod check;
mod limits;
mod security;
mod settings;
mod transports;
mod visitor;

pub use check::ConfigError;
pub(crate) use check::is_announceable;
pub(crate) use limits::for_each_limit;
pub(super) use security::Loaded;
pub use settings::Config;
