//! How a node is set up.

mod builder;
mod check;
mod settings;

pub use check::ConfigError;
pub use settings::Config;
