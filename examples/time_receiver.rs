//! Prints the time that senders tell: see `time_sender.rs`.

#[path = "mesh/options.rs"]
mod options;

use std::process::ExitCode;
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_examples::logs;
use options::Options;

/// The group of those who want to know the time.
const GROUP: &str = "time receivers";

const USAGE: &str = "usage: time_receiver [OPTIONS]\n";

/// Prints what it is told.
#[derive(Port)]
struct Receiver;

#[rcv]
impl Receiver {
    /// The time, in seconds since 1970, and who says so.
    fn time(&mut self, seconds: f64, sender: NodeId) {
        println!("it is {seconds:.3}, says {sender}");
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    logs("warn");
    match Options::read() {
        Ok(options) if options.words.is_empty() => {
            options::ended("time_receiver", run(&options).await)
        }
        Ok(options) => {
            let problem = format!("{:?} is too much", options.words[0]);
            options::misused("time_receiver", &problem, USAGE)
        }
        Err(problem) => options::misused("time_receiver", &problem, USAGE),
    }
}

async fn run(options: &Options) -> Result<(), String> {
    let node = options::node(options, options.config(), "time_sender --").await?;
    let receiver = node.port(Receiver);
    node.grp_reg(GROUP, &receiver).map_err(|error| error.to_string())?;
    let stopped = node.shutdown_on_signal(Duration::from_secs(2)).await;
    stopped.map_err(|error| error.to_string())
}
