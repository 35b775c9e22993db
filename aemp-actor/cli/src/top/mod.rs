//! `aemp top`: the load of all nodes.
//!
//! ```text
//!   poll: asks every node by itself ─▶ Sample ─▶ Board: differences are rates ─▶ Row
//!                                                       table: lines of text  ◀─┘
//!   view: what has room   screen: a terminal, keys          once: a table or JSON
//! ```

mod board;
mod command;
mod poll;
mod screen;
mod table;
mod view;

pub(crate) use board::Column;
pub(crate) use command::run;
