//! Tasks that send to one actor, until it has added all of it.

use std::time::Instant;

use super::all;
use crate::contender::Local;

/// Messages per second.
pub(super) async fn rate<L: Local>(producers: usize, messages: usize) -> f64 {
    let each = messages / producers;
    let actor = L::spawn().await;
    let start = Instant::now();
    let tasks = (0..producers).map(|_| {
        let actor = actor.clone();
        tokio::spawn(async move {
            for _ in 0..each {
                L::tell(&actor, 1).await;
            }
        })
    });
    all(tasks.collect()).await;
    let sum = L::ask(&actor).await;
    let rate = super::rate(each * producers, start);
    assert_eq!(sum, (each * producers) as u64, "all arrive");
    L::kill(actor).await;
    rate
}
