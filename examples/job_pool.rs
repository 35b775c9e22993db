//! A pool over processes which loses no job, although its workers are killed at random.
//!
//! ```text
//! cargo run --release --example job_pool                    # 100,000 jobs, a minute of kills
//! cargo run --release --example job_pool -- 2000 --kills 5  # or a kill after each 333 jobs
//! ```
//!
//! The program starts itself again, several times, as nodes with workers, and kills these processes as
//! `kill -9` does. A job that was with one of them is given to another worker, so that it may be done
//! twice: here that makes no difference. Every answer is checked and counted.

use std::error::Error;
use std::process::Stdio;
use std::time::Duration;

use aemp_actor::generate_secret;
use aemp_actor::pool::{Pool, PoolError, PoolRef};
use aemp_actor::prelude::*;
use aemp_examples::logs;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// The group of the nodes that have workers.
const GROUP: &str = "workers";

/// How many of them there are, and how many workers each has.
const PROCESSES: usize = 4;
const WORKERS: usize = 4;

/// How many jobs wait, or are worked on, at a time.
const OPEN: usize = 1000;

/// How often a job is given to another worker.
const RETRIES: u32 = 100;

const USAGE: &str = "usage: job_pool [JOBS [--seconds SECONDS | --kills KILLS]]

  JOBS                how many jobs are done (100000)
  --seconds SECONDS   spread over that time, in which processes are killed at random (60)
  --kills KILLS       done as fast as may be, with so many kills among them";

/// Does jobs.
#[derive(Port)]
struct Worker;

#[rcv]
impl Worker {
    /// The length of the sequence that begins with the number (Collatz's).
    fn steps(&self, number: u64) -> u64 {
        steps(number)
    }
}

#[init("JobPool::worker")]
fn worker() -> Worker {
    Worker
}

fn steps(number: u64) -> u64 {
    let next = |n: &u64| match n % 2 {
        0 => Some(n / 2),
        _ => (*n > 1).then(|| 3 * n + 1),
    };
    std::iter::successors(Some(number), next).count() as u64
}

/// What is to be done.
struct Plan {
    jobs: u64,
    /// Over how long the jobs are spread.
    time: Duration,
    /// How many kills; at random times if that is not said.
    kills: Option<u64>,
}

impl Plan {
    fn read(words: &[String]) -> Option<Self> {
        let plan = |jobs, seconds, kills| Self { jobs, time: Duration::from_secs(seconds), kills };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Some(match words[..] {
            [] => plan(100_000, 60, None),
            [jobs] => plan(jobs.parse().ok()?, 60, None),
            [jobs, "--seconds", seconds] => plan(jobs.parse().ok()?, seconds.parse().ok()?, None),
            [jobs, "--kills", kills] => plan(jobs.parse().ok()?, 0, Some(kills.parse().ok()?)),
            _ => return None,
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    logs("error");
    let words: Vec<String> = std::env::args().skip(1).collect();
    match (&words[..], std::env::var("AEMP_SECRET")) {
        ([word, seed], Ok(secret)) if word == "work" => work(seed, &secret).await,
        _ => run(Plan::read(&words).ok_or(USAGE)?).await,
    }
}

/// A process with workers; it ends with the program that has started it, which holds the other end of its
/// input.
async fn work(seed: &str, secret: &str) -> Result<(), Box<dyn Error>> {
    let node = Node::configure(Config::new().seed(seed).secret(secret)).await?;
    node.grp_reg(GROUP, &node)?;
    tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await?;
    Ok(())
}

async fn run(plan: Plan) -> Result<(), Box<dyn Error>> {
    let secret = generate_secret();
    let config = Config::new().bind("127.0.0.1:0").secret(secret.as_str());
    let node = Node::configure(config).await?;
    let mut processes = Processes::start(&node.listeners()[0], &secret)?;
    let pool = Pool::init(GROUP, worker, ()).per_node(WORKERS).max_requests(OPEN).start(&node);
    let pool = pool.within(Duration::from_secs(60)).retries(RETRIES);
    node.grp_wait(GROUP).await;

    let mut jobs = Jobs { pool, plan, begun: Instant::now(), given: 0, running: JoinSet::new() };
    let (mut done, mut lost, mut kills) = (0, 0, 0);
    let mut next_kill = jobs.begun + pause()?;
    while let Some(wanted) = jobs.wanted(next_kill) {
        tokio::select! {
            () = sleep_until(wanted), if jobs.may_give() => jobs.give(),
            () = sleep_until(next_kill), if jobs.plan.kills.is_none() => {
                processes.kill_one().await?;
                kills += 1;
                next_kill += pause()?;
            }
            Some(job) = jobs.running.join_next() => match job? {
                (number, Ok(steps_taken)) if steps_taken == steps(number) => done += 1,
                (number, answer) => {
                    lost += 1;
                    println!("job {number} is lost: {answer:?}");
                }
            },
        }
        if jobs
            .plan
            .kills
            .is_some_and(|all| kills < all && done > kills * jobs.plan.jobs / (all + 1))
        {
            processes.kill_one().await?;
            kills += 1;
        }
    }
    let seconds = jobs.begun.elapsed().as_secs_f64();
    println!("{done} jobs done, {lost} lost, {kills} processes killed, in {seconds:.1} s");
    if lost == 0 { Ok(()) } else { Err("jobs were lost".into()) }
}

/// A job's number, and what came of it.
type Done = (u64, Result<u64, PoolError>);

/// The jobs, given and to be given.
struct Jobs {
    pool: PoolRef<Worker>,
    plan: Plan,
    begun: Instant,
    given: u64,
    running: JoinSet<Done>,
}

impl Jobs {
    /// When the next job is to be given, or `end` when there is none any more; nothing when all are done.
    fn wanted(&self, end: Instant) -> Option<Instant> {
        let Self { plan, given, .. } = self;
        if *given == plan.jobs {
            return (!self.running.is_empty()).then_some(end);
        }
        let part = *given as f64 / plan.jobs as f64;
        Some(self.begun + plan.time.mul_f64(part))
    }

    fn may_give(&self) -> bool {
        self.given < self.plan.jobs && self.running.len() < OPEN
    }

    fn give(&mut self) {
        let number = 1 + self.given;
        self.given += 1;
        let answer = self.pool.call(move |worker| worker.steps(number));
        self.running.spawn(async move { (number, answer.await) });
    }
}

/// The processes of the workers.
struct Processes {
    seed: String,
    secret: String,
    running: Vec<Child>,
}

impl Processes {
    fn start(seed: &str, secret: &str) -> std::io::Result<Self> {
        let mut processes = Self { seed: seed.into(), secret: secret.into(), running: Vec::new() };
        for _ in 0..PROCESSES {
            processes.start_one()?;
        }
        Ok(processes)
    }

    fn start_one(&mut self) -> std::io::Result<()> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["work", &self.seed]).env("AEMP_SECRET", &self.secret);
        self.running.push(command.stdin(Stdio::piped()).spawn()?);
        Ok(())
    }

    /// Kills one, whichever it is, and starts another one.
    async fn kill_one(&mut self) -> Result<(), Box<dyn Error>> {
        let which = random()? as usize % self.running.len();
        self.running.swap_remove(which).kill().await?;
        Ok(self.start_one()?)
    }
}

/// How long until the next kill: 50 to 1050 milliseconds.
fn pause() -> Result<Duration, Box<dyn Error>> {
    Ok(Duration::from_millis(50 + random()? % 1000))
}

fn random() -> Result<u64, Box<dyn Error>> {
    Ok(getrandom::u64()?)
}
