//! A server: a port that programs on other machines send requests to.
//!
//! ```text
//! cargo run --example server                      # prints the command that starts a client
//! ```
//!
//! The other program is `client.rs`; what both know of each other is `guest_book/protocol.rs`.

#[path = "guest_book/protocol.rs"]
mod protocol;

#[path = "mesh/options.rs"]
mod options;

use std::process::ExitCode;
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_examples::logs;
use options::Options;
use protocol::{GROUP, GuestBook};

const USAGE: &str = "usage: server [OPTIONS]\n";

/// Answers the protocol.
#[derive(Default, Port)]
#[port(protocols(GuestBook))]
struct Book {
    names: Vec<String>,
}

#[rcv]
impl Book {}

#[rcv]
impl GuestBook for Book {
    fn sign(&mut self, name: String) -> Vec<String> {
        println!("{name} was here");
        let before = self.names.clone();
        self.names.push(name);
        before
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    logs("warn");
    match Options::read() {
        Ok(options) if options.words.is_empty() => options::ended("server", run(&options).await),
        Ok(options) => {
            let problem = format!("{:?} is too much", options.words[0]);
            options::misused("server", &problem, USAGE)
        }
        Err(problem) => options::misused("server", &problem, USAGE),
    }
}

async fn run(options: &Options) -> Result<(), String> {
    let node = options::node(options, options.config(), "client -- joe").await?;
    let book = node.port(Book::default());
    node.grp_reg(GROUP, &book).map_err(|error| error.to_string())?;
    let stopped = node.shutdown_on_signal(Duration::from_secs(2)).await;
    stopped.map_err(|error| error.to_string())
}
