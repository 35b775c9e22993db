//! How a node is set up.

mod builder;
mod check;
mod limits;
mod nodeid;
mod security;
mod service;
mod settings;
mod transports;
mod visitor;

pub use check::ConfigError;
pub(crate) use check::is_announceable;
pub(crate) use limits::for_each_limit;
pub(crate) use nodeid::expand;
pub use nodeid::host_name;
pub(super) use security::Loaded;
pub(crate) use service::Service;
pub use settings::Config;
