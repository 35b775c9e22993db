//! Arguments that several commands have.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::command_line;
use super::top::Column;

/// The port that a command is about.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PortArgument {
    /// A port ID: NODE#PORT, or NODE for the node port
    #[arg(id = "PORT", allow_negative_numbers = true)]
    pub(crate) id: String,
}

/// The node that a command is about.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct NodeArgument {
    /// A node ID
    #[arg(id = "NODE", allow_negative_numbers = true)]
    pub(crate) id: String,
}

/// What is sent.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct MessageArguments {
    /// Texts; arguments that begin with [, { or " are JSON
    #[arg(id = "ARGUMENT", num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) values: Vec<String>,
}

/// When a command that goes on ends.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct EndArguments {
    /// Exit after this many
    #[arg(short = 'n', long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
}

/// How a table is printed that may be wider than a terminal.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct WideArguments {
    /// Print all columns, and long values in full: more than 80 columns
    #[arg(long)]
    pub(crate) wide: bool,
}

/// How often a table is printed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct WatchArguments {
    /// Print it again and again, every 2 seconds or as often as this
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "2", value_parser = command_line::seconds)]
    pub(crate) watch: Option<Duration>,
}

/// Reads the name of a column.
pub(crate) fn columns() -> impl TypedValueParser<Value = Column> {
    PossibleValuesParser::new(Column::NAMES).map(|name| Column::find(&name).unwrap_or_default())
}
