//! `aemp shell`: the commands from a prompt, with a port of its own.
//!
//! ```text
//!   reader: a thread that edits lines ──line──▶ session ──words──▶ scope ──▶ the commands of the
//!     │ TAB                            ◀─done──                     │        command line
//!     ▼                                                             ▼
//!   completion ──▶ place: what may stand here                     jobs: commands that go on
//!     └──────────▶ asking: nodes, about their ports                 │
//!     └──────────▶ seen: ports that were on the screen              ▼
//!   printer: a thread that prints above the line  ◀── jobs, the shell's own port, news of nodes
//! ```

mod asking;
mod commands;
mod completion;
mod help;
mod jobs;
mod known;
mod lines;
mod news;
mod place;
mod printer;
mod reader;
mod scope;
mod seen;
mod session;

pub(crate) use completion::{asks_network, proposals};
pub(crate) use session::run;
