//! The command `aemp`: changes the configuration file, and looks into a running network.
//!
//! [`main`] is all of it. A program that embeds it brings its own init functions along:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     aemp_cli::main()
//! }
//! ```
//!
//! The guide has an example of every command, in its chapters on the command, on configuration and on
//! operating a network, and in a tour of five nodes; tests type all of them in. Exit codes:
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done; also when who reads the output has gone (`\| head`) |
//! | 1 | it failed: the port died or does not exist, the code failed, the profile does not exist, the output cannot be written |
//! | 2 | the command line cannot be understood |
//! | 3 | no answer in time, or less than was to come |
//! | 4 | the network cannot be joined: no seed answers, too slow, another secret |
//! | 5 | the configuration is wrong: the file, the environment |

mod arguments;
mod ask;
mod chain;
mod check;
mod command_line;
mod completing;
mod connection;
mod doctor;
mod ending;
mod failure;
mod file;
mod help;
mod key;
mod line;
mod logs;
mod looking;
mod messages;
mod network_commands;
mod new;
mod operating;
mod output;
mod peers;
mod program_name;
mod progress;
mod run;
mod settings;
mod shell;
mod show;
mod stdin;
mod stdout;
mod suggestion;
mod top;
mod watching;
mod words;

pub use self::line::{main, main_with};

use self::command_line::Options;
use self::connection::NetworkConnection;
use self::failure::Failure;
use self::output::Output;
use self::program_name::program_name;
