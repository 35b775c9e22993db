//! A chat room for several processes.
//!
//! ```text
//! cargo run --example chat -- server      # prints the command of clients, for other terminals;
//!                                         # there lines are said to everybody, /who and /quit are commands
//! ```
//!
//! The server's node is called `chat`. It has one port, the room; a function registered on the
//! node tells where it is. Every client has one port, its screen. Room and screens monitor each
//! other: the room sees that way that a client is gone, however it went, and the clients that the
//! server is gone; they come back when it does.

#[path = "chat/args.rs"]
mod args;
#[path = "chat/client.rs"]
mod client;
#[path = "chat/room.rs"]
mod room;
#[path = "chat/server.rs"]
mod server;

use std::process::ExitCode;

use aemp_examples::logs;
use args::{Args, Command, USAGE};

#[tokio::main]
async fn main() -> ExitCode {
    let Args { command, secret, is_new } = match Args::read(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(problem) => {
            eprint!("chat: {problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let ended = match command {
        Command::Server { bind } => {
            logs("warn");
            server::run(bind, secret, is_new).await
        }
        Command::Client { nick, seed } => {
            logs("off");
            client::run(nick, seed, secret).await
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("chat: {problem}");
            ExitCode::FAILURE
        }
    }
}
