//! How many instructions one operation of each hot path takes, and whether that is more than the
//! committed baseline says.
//!
//! ```text
//! aemp-guard check             compares with bench/guard/baseline.json; exit code 1 if a path grew by 5 %
//! aemp-guard write             writes bench/guard/baseline.json anew
//! aemp-guard run PATH COUNT    does the work of one path, for callgrind to count
//! ```
//!
//! callgrind counts instructions, which are the same on a busy machine and on an idle one. Each path
//! runs in processes of its own, on a runtime with one thread, `n` times and `2n` times; the
//! difference, by `n`, is what one operation takes, without what is done once.

mod baseline;
mod callgrind;
mod counter;
mod held;
mod local;
mod paths;
mod remote;
mod section;

use std::process::ExitCode;

use paths::HotPath;

const USAGE: &str = "usage: aemp-guard check|write|run PATH COUNT";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args[..] {
        ["check"] => baseline::check(),
        ["write"] => baseline::write(),
        ["run", path, count] => run(path, count),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("aemp-guard: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(path: &str, count: &str) -> Result<(), String> {
    let path = HotPath::named(path).ok_or_else(|| format!("there is no path {path:?}"))?;
    let count = count.parse().map_err(|_| format!("{count:?} is no count"))?;
    (path.work)(count);
    // Taking everything down tells nothing.
    std::process::exit(0);
}
