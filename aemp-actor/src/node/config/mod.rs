//! How a node is set up.

mod builder;
mod check;
mod settings;
mod transports;

pub use check::ConfigError;
pub use settings::Config;
