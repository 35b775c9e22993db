//! Workers that fail, and a supervisor that starts them again: `cargo run --example supervised`
//!
//! Three workers divide numbers. One is given a 0, panics, and is started again while the others go
//! on. Then one fails again and again, more often than the supervisor bears: it stops them all, and
//! dies with a reason.

use std::error::Error;
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::supervisor::{Child, ChildRef, Strategy, Supervisor};

/// How many failures are borne, and within which time.
const FAILURES: u32 = 3;
const WINDOW: Duration = Duration::from_secs(60);

/// Divides.
#[derive(Default, Port)]
struct Worker {
    done: u32,
}

#[rcv]
impl Worker {
    /// The quotient, and how much this worker has done since it was started. It panics when `by` is 0.
    fn divide(&mut self, number: u64, by: u64) -> (u64, u32) {
        let quotient = number / by;
        self.done += 1;
        (quotient, self.done)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let node = Node::local();
    let mut supervisor = Supervisor::new(Strategy::OneForOne).intensity(FAILURES, WINDOW);
    let mut workers = Vec::new();
    for number in 1..=3 {
        let worker = Child::new(format!("worker-{number}"), |_| Worker::default());
        workers.push(worker.child_ref());
        supervisor = supervisor.child(worker);
    }
    let supervisor = supervisor.start(&node);
    supervisor.ready().await?;
    let end = supervisor.ended();

    for by in [7, 6] {
        for worker in &workers {
            divide(worker, 42, by).await?;
        }
    }
    fail(&workers[1]).await?;
    for worker in &workers {
        divide(worker, 42, 2).await?;
    }
    // Failures within the window: one there was before, and one more than may be.
    for _ in 0..FAILURES {
        fail(&workers[0]).await?;
    }
    println!("the supervisor gives up: {}", end.await);
    Ok(())
}

/// Has the worker divide, whichever port it is now.
async fn divide(worker: &ChildRef<Worker>, number: u64, by: u64) -> Result<(), Box<dyn Error>> {
    let (quotient, done) = worker.wait().await?.divide(number, by).await?;
    println!("{}: {number} / {by} = {quotient}, and {done} done in this life", worker.name());
    Ok(())
}

/// Has the worker fail.
async fn fail(worker: &ChildRef<Worker>) -> Result<(), Box<dyn Error>> {
    let before = worker.wait().await?;
    let error = before.divide(42, 0).await.expect_err("nobody can do that");
    println!("{}: {error}", worker.name());
    match worker.wait_after(&before).await {
        Ok(_) => println!("{}: started again", worker.name()),
        Err(ended) => println!("{ended}"),
    }
    Ok(())
}
