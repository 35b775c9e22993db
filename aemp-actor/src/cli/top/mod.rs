//! `aemp top`: the load of all nodes.
//!
//! ```text
//!   poll: asks every node that is up ─▶ Sample ─▶ Board: differences are rates ─▶ Row
//!                                                          table: lines of text  ◀─┘
//!   screen: a terminal, keys          once: a table or JSON
//! ```

mod board;
mod command;
mod poll;
mod screen;
mod table;

pub(crate) use board::Column;
pub(crate) use command::run;
