//! Tasks that ask one actor and wait for its answers.

use std::time::Instant;

use super::all;
use crate::contender::Local;

/// Requests per second.
pub(super) async fn rate<L: Local>(askers: usize, requests: usize) -> f64 {
    let each = requests / askers;
    let actor = L::spawn().await;
    let start = Instant::now();
    let tasks = (0..askers).map(|_| {
        let actor = actor.clone();
        tokio::spawn(async move {
            for _ in 0..each {
                L::ask(&actor).await;
            }
        })
    });
    all(tasks.collect()).await;
    let rate = super::rate(each * askers, start);
    L::kill(actor).await;
    rate
}
