//! How fast ports are, and what they cost, beside the floor and (with the feature `peers`) other
//! actor frameworks, in one run on one machine.
//!
//! ```text
//! cargo run --release --features peers -- report --json results.json --svg ../book/src/performance
//! ```
//!
//! All contenders do the same work, which is written once ([`workload`], [`population`]); each
//! implements the traits of [`contender`] as its documents recommend. A round of one contender is a
//! process of its own, which warms up first; the first rounds of all come before the second rounds of
//! any ([`rounds`]), so that what else happens on the machine meets all of them. Figures are medians.
//! [`growth`] measures how costs change with numbers.

mod child;
mod contender;
mod figures;
mod growth;
mod machine;
mod options;
mod peers;
mod population;
mod report;
mod rounds;
mod scale;
mod suite;
mod workload;

use std::process::ExitCode;

use options::{Command, Options};
use suite::Suite;

fn main() -> ExitCode {
    let outcome = Options::from_args(std::env::args().skip(1))
        .map_err(|problem| format!("{problem}\n{}", options::USAGE))
        .and_then(|options| run(&options));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("aemp-bench: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    match &options.command {
        Command::Report => {
            let results = report::Results::measure(options);
            if let Some(file) = &options.json {
                results.save(file)?;
            }
            results.write(options)
        }
        Command::Render => {
            let file = options.json.as_ref().ok_or("render needs --json FILE")?;
            report::Results::read(file)?.write(options)
        }
        Command::List => {
            list();
            Ok(())
        }
        Command::Round { suite, contender } => round(suite, contender, options),
        Command::Serve { contender } => {
            let contender = peers::named(contender).ok_or("there is no such contender")?;
            let remote = contender.remote.ok_or("it does not work in two processes")?;
            (remote.server)();
            Ok(())
        }
        Command::Point { plot, at } => growth::point(plot, *at),
        Command::MeshNode { seed, nodes } => {
            growth::mesh_node(seed, *nodes);
            Ok(())
        }
    }
}

/// The child process of a round: prints its figures.
fn round(suite: &str, contender: &str, options: &Options) -> Result<(), String> {
    let suite = Suite::named(suite).ok_or("there is no such suite")?;
    let contender = peers::named(contender).ok_or("there is no such contender")?;
    let scale = options.scale();
    let figures = match suite {
        Suite::Local(suite) => contender.local.map(|local| local(suite, scale)),
        Suite::Remote(suite) => {
            contender.remote.map(|remote| (remote.client)(contender.name, suite, scale))
        }
    };
    child::answer(&figures.ok_or("it does not take part in that")?)
}

fn list() {
    println!("suites:");
    for (name, _) in Suite::ALL {
        println!("  {name}");
    }
    println!("plots:");
    for plot in &growth::PLOTS {
        println!("  {:<18} {}", plot.name, plot.title);
    }
    println!("contenders:");
    for contender in peers::all() {
        let absent = (contender.absent)().map(|why| format!("absent: {why}")).unwrap_or_default();
        println!("  {:<26} {absent}", contender.name);
    }
}
