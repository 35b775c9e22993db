//! How fast ports are, and what they cost, beside a raw channel and (with the feature `peers`)
//! other actor crates in the same run.
//!
//! ```text
//! cargo run --release -- [local|idle|remote|all] [--rounds N] [--messages N] [--ports N] [--way NAME]
//! ```
//!
//! Every figure is the median of several rounds after one that is thrown away; the slowest and
//! the fastest round stand beside it, and the processor time that one message took: on a busy
//! machine that is what can be compared.

mod counter;
mod idle;
mod load;
mod local;
mod options;
mod peers;
mod raw;
mod remote;
mod rounds;
mod way;
mod wire;

use options::{Command, Options};

fn main() {
    let options = match Options::from_args(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("aemp-bench: {problem}\n{}", options::USAGE);
            std::process::exit(2);
        }
    };
    match &options.command {
        Command::All => {
            println!("{}\n", machine());
            local::run(&options);
            idle::run(&options);
            remote::run(&options);
        }
        Command::Local => local::run(&options),
        Command::Idle => idle::run(&options),
        Command::Remote => remote::run(&options),
        Command::IdleOf(kind) => idle::measure(kind, &options),
        Command::RemotePeer(address) => remote::peer(address),
    }
}

/// What the figures were measured on.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |rest| rest.trim_start_matches(['\t', ' ', ':']));
    format!("{cores} cores, {model}")
}

/// The runtime that all measurements share: a worker for each core.
fn runtime() -> tokio::runtime::Runtime {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.expect("the system lets us start threads")
}
