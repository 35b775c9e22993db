//! The functions that answer: a table, a reader of questions, and one file for each.

mod deaths;
mod functions;
mod groups;
mod info;
mod ports;
mod process;
mod question;
mod restart;
mod selection;
mod stop;
mod table;
mod tap;

pub(crate) use table::{DEATHS, FUNCTIONS, GROUPS, INFO, PORTS, RESTART, STOP, TAP, WATCHDOG};
