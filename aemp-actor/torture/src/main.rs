//! The proof of the delivery contract: random programs on simulated networks with every fault,
//! judged against the numbered guarantees.
//!
//! ```text
//! cargo run --release -p aemp-torture -- --seeds 10000
//! cargo run --release -p aemp-torture -- --seed 4711        # one of them, with its log
//! cargo run --release -p aemp-torture -- --tcp 1000         # real connections, cut so often
//! cargo run --release -p aemp-torture -- --trees 1000       # trees of supervisors
//! cargo run --release -p aemp-torture -- --bugs --seeds 200 # are planted bugs found?
//! ```

use std::io::{IsTerminal, Write};
use std::ops::Range;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use aemp_torture::{Mutation, Options, Summary, many, torture, torture_tcp, torture_trees};
use clap::Parser;

/// Random programs under random faults, judged against the delivery contract.
#[derive(Parser)]
struct Args {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Run this one only, and print all that happens.
    #[arg(long)]
    seed: Option<u64>,
    /// Instead of simulated networks: two nodes over TCP, and so many cuts of their connections.
    #[arg(long)]
    tcp: Option<usize>,
    /// Instead of that: so many trees of supervisors.
    #[arg(long)]
    trees: Option<u64>,
    /// With each of the planted bugs in turn: until it is found, or the seeds are over.
    #[arg(long)]
    bugs: bool,
    /// How many run at the same time; by default as many as there are processors.
    #[arg(long)]
    threads: Option<usize>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(trees) = args.trees {
        return grow(args.from..args.from + trees);
    }
    match (args.tcp, args.seed) {
        (Some(cuts), seed) => over_tcp(cuts, seed.unwrap_or(args.from)),
        (None, Some(seed)) => replay(seed),
        (None, None) if args.bugs => look_for_bugs(&args),
        (None, None) => run(&args),
    }
}

fn replay(seed: u64) -> ExitCode {
    let report = torture(seed, Options { log: true, ..Options::default() });
    for line in &report.log {
        println!("{line}");
    }
    for violation in &report.violations {
        println!("\nseed {seed}, {violation}");
    }
    println!("\nviolations: {}", report.violations.len());
    if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Says for each planted bug which seed finds it.
fn look_for_bugs(args: &Args) -> ExitCode {
    let mut missed = 0;
    for mutation in Mutation::ALL {
        let options = Options { mutation: Some(mutation), ..Options::default() };
        let found = (args.from..args.from + args.seeds).find_map(|seed| {
            let violation = torture(seed, options).violations.into_iter().next();
            violation.map(|violation| (seed, violation))
        });
        match found {
            Some((seed, violation)) => {
                println!("{mutation:?}: seed {seed}: {}: {}", violation.guarantee, violation.text);
            }
            None => {
                missed += 1;
                println!("{mutation:?}: not found");
            }
        }
    }
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs trees of supervisors.
fn grow(seeds: Range<u64>) -> ExitCode {
    let (begun, count) = (Instant::now(), seeds.end - seeds.start);
    let mut bad = 0;
    for seed in seeds {
        for violation in torture_trees(seed) {
            bad += 1;
            println!("tree {seed}: {violation}");
        }
    }
    println!("{count} trees in {:.1} s, violations: {bad}", begun.elapsed().as_secs_f64());
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn over_tcp(cuts: usize, seed: u64) -> ExitCode {
    let begun = Instant::now();
    let report = match torture_tcp(seed, cuts) {
        Ok(report) => report,
        Err(error) => {
            eprintln!("no sockets: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut summary = Summary::default();
    summary.add(report);
    finish(&summary, begun.elapsed())
}

fn run(args: &Args) -> ExitCode {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.unwrap_or(processors);
    let begun = Instant::now();
    let progress = Progress { total: args.seeds, begun };
    let seeds = args.from..args.from + args.seeds;
    let summary = many(seeds, threads, Options::default(), |done, bad| progress.show(done, bad));
    progress.clear();
    finish(&summary, begun.elapsed())
}

/// Prints the summary.
fn finish(summary: &Summary, took: Duration) -> ExitCode {
    for (seed, violations) in &summary.violations {
        for violation in violations {
            println!("seed {seed}, {violation}");
        }
    }
    let rate = summary.seeds as f64 / took.as_secs_f64();
    println!("{} seeds in {:.1} s ({rate:.1} per second)", summary.seeds, took.as_secs_f64());
    let lost = summary.messages - summary.deliveries;
    println!("messages: {}, delivered: {}, lost: {lost}", summary.messages, summary.deliveries);
    println!("requests: {}, of which left to others: {}", summary.requests, summary.forwarded);
    println!("faults:");
    let shutdowns = ("shutdowns", summary.shutdowns as u64);
    for (name, count) in summary.faults.by_name().into_iter().chain([shutdowns]) {
        println!("  {name}: {count}");
    }
    println!("groups and mesh:");
    for (name, count) in summary.mesh.by_name() {
        println!("  {name}: {count}");
    }
    println!("monitors: {}, of which fired:", summary.monitors);
    for (kind, count) in &summary.fired {
        println!("  {kind}: {count}");
    }
    let told = |kind: &str| summary.fired.get(kind).copied().unwrap_or_default();
    println!("losses detected: {}", told("transport_error") + told("overflow") + told("shutdown"));
    let violations: usize = summary.violations.values().map(Vec::len).sum();
    println!("violations: {violations}");
    if violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A bar on the terminal.
struct Progress {
    total: u64,
    begun: Instant,
}

impl Progress {
    fn show(&self, done: u64, bad: usize) {
        const WIDTH: u64 = 40;
        let step = (self.total / 200).max(1);
        if !done.is_multiple_of(step) || !std::io::stderr().is_terminal() {
            return;
        }
        let full = "█".repeat((WIDTH * done / self.total) as usize);
        let left = self.begun.elapsed().mul_f64((self.total - done) as f64 / done as f64);
        eprint!("\r{full:░<40} {done}/{} seeds, {bad} bad, {} s left ", self.total, left.as_secs());
        drop(std::io::stderr().flush());
    }

    fn clear(&self) {
        if std::io::stderr().is_terminal() {
            eprint!("\r\x1b[K");
        }
    }
}
