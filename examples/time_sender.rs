//! Tells the time to whoever wants to know, however many they are, and wherever.
//!
//! ```text
//! cargo run --example time_sender       # prints the command that starts a receiver in another terminal
//! ```
//!
//! More senders are started in the same way as more receivers, with `time_sender` in place of
//! `time_receiver`: nobody has to be told of them.
//!
//! Receivers and senders do not know each other's addresses, and can be started, stopped and killed
//! in any order: what they have in common is the name of a group. The receivers are its members.

#[path = "mesh/options.rs"]
mod options;

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use aemp_examples::logs;
use options::Options;

/// The group of those who want to know the time.
const GROUP: &str = "time receivers";

const USAGE: &str = "usage: time_sender [MILLISECONDS] [OPTIONS]

  MILLISECONDS       how often to tell the time (1000)";

#[tokio::main]
async fn main() -> ExitCode {
    logs("warn");
    let (options, pause) = match Options::read().and_then(pause) {
        Ok(read) => read,
        Err(problem) => return options::misused("time_sender", &problem, USAGE),
    };
    options::ended("time_sender", run(&options, pause).await)
}

fn pause(options: Options) -> Result<(Options, Duration), String> {
    let millis = match options.words.as_slice() {
        [] => Some(1000),
        [millis] => millis.parse().ok().filter(|millis| *millis > 0),
        [_, more, ..] => return Err(format!("{more:?} is too much")),
    };
    let pause = millis.ok_or_else(|| format!("{:?} are no milliseconds", options.words[0]))?;
    Ok((options, Duration::from_millis(pause)))
}

async fn run(options: &Options, pause: Duration) -> Result<(), String> {
    let node = options::node(options, options.config(), "time_receiver --").await?;
    let mut receivers = node.grp_events(GROUP);
    let mut clock = tokio::time::interval(pause);
    let stop = node.shutdown_on_signal(Duration::from_secs(2));
    tokio::pin!(stop);
    loop {
        tokio::select! {
            Some(change) = receivers.next() => println!("receivers: {}", change.ports.len()),
            _ = clock.tick() => {
                let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs_f64();
                node.grp_snd_all(GROUP, ("time", now, node.id()));
            }
            stopped = &mut stop => return stopped.map_err(|error| error.to_string()),
        }
    }
}
