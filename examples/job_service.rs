//! The job service of the guide: a queue, and workers on any machine, which may die at any time.
//!
//! ```text
//! head -c 32 /dev/urandom | base64 >secret
//! job_service queue 127.0.0.1:4040
//! job_service work 127.0.0.1:4040            # in as many terminals as you like, now or later
//! ```

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::time::Duration;

use aemp_actor::prelude::*;
use serde::{Deserialize, Serialize};

/// The group of the workers.
const WORKERS: &str = "workers";

/// How many jobs there are, and how many numbers each has.
const JOBS: u64 = 100;
const SIZE: u64 = 5_000;

/// Count the prime numbers from one number to before another.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Job {
    id: u64,
    from: u64,
    to: u64,
}

fn is_prime(n: u64) -> bool {
    n >= 2 && (2..).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d))
}

/// Does jobs.
#[derive(Port)]
struct Worker;

#[rcv]
impl Worker {
    fn run(&mut self, ctx: &mut Ctx<Self>, queue: QueueRef, job: Job) {
        let primes = (job.from..job.to).filter(|n| is_prime(*n)).count();
        queue.done(ctx.id(), job.id, primes as u64);
    }
}

/// Keeps every job until its result has come.
#[derive(Default, Port)]
struct Queue {
    waiting: BTreeMap<u64, Job>,
    idle: Vec<WorkerRef>,
    running: HashMap<PortId, Job>,
    primes: u64,
}

#[rcv]
impl Queue {
    fn submit(&mut self, ctx: &mut Ctx<Self>, job: Job) {
        self.waiting.insert(job.id, job);
        self.give(ctx);
    }

    /// A worker is there, and has nothing to do.
    fn join(&mut self, ctx: &mut Ctx<Self>, worker: PortId) {
        println!("{worker} is there");
        ctx.mon(&worker, {
            let worker = worker.clone();
            move |queue: &mut Queue, ctx, reason| queue.lost(ctx, &worker, &reason)
        });
        self.idle.push(WorkerRef::at(&ctx.node(), worker));
        self.give(ctx);
    }

    /// The result of a job; only the first one counts.
    fn done(&mut self, ctx: &mut Ctx<Self>, worker: PortId, id: u64, primes: u64) {
        if self.running.get(&worker).is_some_and(|job| job.id == id) {
            self.running.remove(&worker);
            self.primes += primes;
            self.idle.push(WorkerRef::at(&ctx.node(), worker));
            self.give(ctx);
        }
    }

    /// How many jobs are not done yet, and the prime numbers so far.
    fn progress(&self) -> (usize, u64) {
        (self.waiting.len() + self.running.len(), self.primes)
    }

    #[rcv(skip)]
    fn give(&mut self, ctx: &mut Ctx<Self>) {
        while let Some(worker) = self.idle.pop() {
            let Some((_, job)) = self.waiting.pop_first() else {
                self.idle.push(worker);
                return;
            };
            worker.run(ctx.handle(), job.clone());
            self.running.insert(worker.id(), job);
        }
    }

    /// A worker has died, or the connection to it was lost: its job is waiting again.
    #[rcv(skip)]
    fn lost(&mut self, ctx: &mut Ctx<Self>, worker: &PortId, reason: &Reason) {
        println!("{worker} is gone: {reason}");
        self.idle.retain(|idle| idle.id() != *worker);
        if let Some(job) = self.running.remove(worker) {
            self.waiting.insert(job.id, job);
            self.give(ctx);
        }
    }
}

/// Runs a queue, to which all workers of the group come; prints the sum when all jobs are done.
async fn queue(config: Config) -> Result<(), Box<dyn Error>> {
    let node = Node::configure(config).await?;
    println!("the queue listens on {}", node.listeners()[0]);
    let queue = node.port(Queue::default());
    for id in 0..JOBS {
        queue.submit(Job { id, from: id * SIZE, to: (id + 1) * SIZE });
    }
    let workers = queue.clone();
    node.grp_mon(WORKERS, move |change| {
        for worker in &change.added {
            workers.join(worker);
        }
    });
    loop {
        let (open, primes) = queue.progress().await?;
        if open == 0 {
            println!("{primes} prime numbers below {}", JOBS * SIZE);
            node.shutdown(Duration::from_secs(2)).await;
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Runs a worker until it is stopped.
async fn work(config: Config) -> Result<(), Box<dyn Error>> {
    let node = Node::configure(config).await?;
    let worker = node.port(Worker);
    node.grp_reg(WORKERS, &worker)?;
    println!("{} waits for jobs", worker.id());
    Ok(node.shutdown_on_signal(Duration::from_secs(2)).await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [command, address] = &words[..] else {
        return Err("usage: queue HOST:PORT, or work HOST:PORT".into());
    };
    let config = Config::new().secret_file("secret");
    match command.as_str() {
        "queue" => queue(config.nodeid("queue").bind(address)).await,
        "work" => work(config.nodeid("worker/").seed(address)).await,
        other => Err(format!("there is no command {other}").into()),
    }
}
