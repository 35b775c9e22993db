//! What is measured, written once for all contenders: a file for each kind of work.
//!
//! Each is done twice in a process that does nothing else, and the second time counts.

mod fan_out;
mod one_way;
mod payloads;
mod request;
mod ring;
mod round_trip;
mod tell;

pub(crate) mod remote;

use crate::contender::Local;
use crate::figures::Figures;
use crate::scale::Scale;
use crate::suite::Work;

/// Does work within this process.
pub(crate) fn run<L: Local>(work: Work, scale: &Scale) -> Figures {
    L::run(async move {
        once::<L>(work, &scale.quarter()).await;
        let (name, figure) = once::<L>(work, scale).await;
        Figures::from([(name, figure)])
    })
}

async fn once<L: Local>(work: Work, scale: &Scale) -> (String, f64) {
    match work {
        Work::Tell { producers } => {
            (format!("tell-{producers}"), tell::rate::<L>(producers, scale.messages).await)
        }
        Work::FanOut => ("fan-out".to_owned(), fan_out::rate::<L>(scale.messages).await),
        Work::Ring => ("ring".to_owned(), ring::rate::<L>(ring::RING, scale.messages).await),
        Work::PingPong => {
            let rate = ring::rate::<L>(ring::PAIR, scale.requests).await;
            ("ping-pong".to_owned(), 1e9 / rate)
        }
        Work::Request { askers: 1 } => {
            ("request-1".to_owned(), 1e9 / request::rate::<L>(1, scale.requests).await)
        }
        Work::Request { askers } => {
            (format!("request-{askers}"), request::rate::<L>(askers, scale.requests).await)
        }
    }
}

/// How often in a second, if `count` things were done since.
fn rate(count: usize, since: std::time::Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}

/// Waits for tasks.
async fn all<T>(tasks: Vec<tokio::task::JoinHandle<T>>) -> Vec<T> {
    let mut results = Vec::with_capacity(tasks.len());
    for task in tasks {
        results.push(task.await.expect("no task panics"));
    }
    results
}
