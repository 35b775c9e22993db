//! The client of `server.rs`: finds its port, sends it a request, and ends.
//!
//! ```text
//! AEMP_SECRET=... cargo run --example client -- joe --seed 127.0.0.1:4040     # as the server says
//! ```

#[path = "guest_book/protocol.rs"]
mod protocol;

#[path = "mesh/options.rs"]
mod options;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_examples::logs;
use options::Options;
use protocol::{GROUP, GuestBookRef};

/// How long the server may take to show itself.
const PATIENCE: Duration = Duration::from_secs(10);

const USAGE: &str = "usage: client NAME [OPTIONS]\n";

#[tokio::main]
async fn main() -> ExitCode {
    logs("off");
    let options = match Options::read() {
        Ok(options) => options,
        Err(problem) => return options::misused("client", &problem, USAGE),
    };
    match options.words.as_slice() {
        [name] => {
            let signed = sign(&options, name).await;
            options::ended("client", signed.map_err(|error| error.to_string()))
        }
        [] => options::misused("client", "what is your name?", USAGE),
        [_, more, ..] => options::misused("client", &format!("{more:?} is too much"), USAGE),
    }
}

async fn sign(options: &Options, name: &str) -> Result<(), Box<dyn Error>> {
    let node = Node::configure(options.private_config()).await?;
    node.joined().await?;
    let found = tokio::time::timeout(PATIENCE, node.grp_wait(GROUP)).await;
    let members = found.map_err(|_| "no server has a guest book")?;
    let book = GuestBookRef::at(&node, members[0].clone());
    match book.sign(name).await?.as_slice() {
        [] => println!("welcome, {name}: nobody was here before"),
        before => println!("welcome, {name}: {} were here before", before.join(", ")),
    }
    node.shutdown(PATIENCE).await;
    Ok(())
}
