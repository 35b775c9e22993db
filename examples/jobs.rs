//! A pool of workers, which count prime numbers.
//!
//! ```text
//! export AEMP_SECRET=$(head -c 32 /dev/urandom | base64)      # the same in all terminals
//! jobs work --bind 127.0.0.1:4040             # in as many terminals as you have processors,
//! jobs work --seed 127.0.0.1:4040             # now or later
//! jobs count 20000000 --seed 127.0.0.1:4040
//! ```
//!
//! Workers are members of a group. Whoever has work watches that group: a worker that appears is
//! given a job, one that has finished the next, and the job of one that is gone goes to another.

#[path = "mesh/options.rs"]
mod options;

use std::collections::BTreeSet;
use std::ops::Range;
use std::process::ExitCode;
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_examples::logs;
use options::Options;
use tokio::task::JoinSet;

/// The group of the workers.
const GROUP: &str = "prime workers";

/// How many numbers a job has.
const SIZE: u64 = 20_000;

const USAGE: &str = "usage: jobs work [OPTIONS]
       jobs count BELOW [OPTIONS]

  work               waits for jobs, and does them
  count BELOW        counts the prime numbers below that, with all workers there are
";

/// Does jobs.
#[derive(Port)]
struct Worker;

#[rcv]
impl Worker {
    /// How many prime numbers there are from the one number to before the other.
    fn primes(&self, from: u64, to: u64) -> u64 {
        (from..to).map(|n| u64::from(is_prime(n))).sum()
    }
}

fn is_prime(n: u64) -> bool {
    n >= 2 && (2..).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d))
}

#[tokio::main]
async fn main() -> ExitCode {
    logs("warn");
    let options = match Options::read() {
        Ok(options) => options,
        Err(problem) => return options::misused("jobs", &problem, USAGE),
    };
    let words: Vec<&str> = options.words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["work"] => options::ended("jobs", work(&options).await),
        ["count", below] => match below.parse() {
            Ok(below) => options::ended("jobs", count(&options, below).await),
            Err(_) => options::misused("jobs", &format!("{below:?} is no number"), USAGE),
        },
        ["count"] => options::misused("jobs", "count up to where?", USAGE),
        [] => options::misused("jobs", "work or count?", USAGE),
        ["work", more, ..] | ["count", _, more, ..] => {
            options::misused("jobs", &format!("{more:?} is too much"), USAGE)
        }
        [other, ..] => options::misused("jobs", &format!("{other:?} is no command"), USAGE),
    }
}

async fn work(options: &Options) -> Result<(), String> {
    let node = options::node(options.config()).await?;
    let worker = node.port(Worker);
    node.grp_reg(GROUP, &worker).map_err(|error| error.to_string())?;
    let stopped = node.shutdown_on_signal(Duration::from_secs(2)).await;
    stopped.map_err(|error| error.to_string())
}

async fn count(options: &Options, below: u64) -> Result<(), String> {
    let node = options::node(options.config()).await?;
    let mut pool = Pool::new(node, below);
    while pool.next().await {}
    println!("{} primes below {below}; {} jobs done twice", pool.primes, pool.repeated);
    pool.node.shutdown(Duration::from_secs(2)).await;
    Ok(())
}

/// What is to be done, and by whom it is being done.
struct Pool {
    node: Node,
    workers: aemp_actor::GroupEvents,
    todo: Vec<Range<u64>>,
    idle: BTreeSet<PortId>,
    running: JoinSet<Done>,
    primes: u64,
    repeated: u64,
}

/// A job, who did it, and what came of it.
struct Done {
    job: Range<u64>,
    worker: PortId,
    answer: Result<(u64,), CallError>,
}

impl Pool {
    fn new(node: Node, below: u64) -> Self {
        let job = |n: u64| n * SIZE..below.min((n + 1) * SIZE);
        let todo = (0..below.div_ceil(SIZE)).rev().map(job).collect();
        let workers = node.grp_events(GROUP);
        let (idle, running) = (BTreeSet::new(), JoinSet::new());
        Self { node, workers, todo, idle, running, primes: 0, repeated: 0 }
    }

    /// Gives jobs to those who have none, and waits for something to happen; false when all is
    /// done.
    async fn next(&mut self) -> bool {
        while let Some(job) = self.todo.pop() {
            let Some(worker) = self.idle.pop_first() else {
                self.todo.push(job);
                break;
            };
            let call = self.node.cal(&worker, ("primes", job.start, job.end));
            self.running.spawn(async move { Done { job, worker, answer: call.await } });
        }
        if self.todo.is_empty() && self.running.is_empty() {
            return false;
        }
        tokio::select! {
            Some(change) = self.workers.next() => {
                println!("workers: {}", change.ports.len());
                self.idle.extend(change.added);
                self.idle.retain(|worker| !change.removed.contains(worker));
            }
            Some(Ok(done)) = self.running.join_next() => self.done(done),
            else => return false,
        }
        true
    }

    /// A worker that failed gets no more jobs, and another one does its job.
    fn done(&mut self, Done { job, worker, answer }: Done) {
        match answer {
            Ok((primes,)) => {
                self.primes += primes;
                self.idle.insert(worker);
            }
            Err(problem) => {
                println!("{}..{} again: {problem}", job.start, job.end);
                self.repeated += 1;
                self.todo.push(job);
            }
        }
    }
}
