//! One task that sends to a hundred actors in turn, until all have added all of it.

use std::time::Instant;

use crate::contender::Local;

const ACTORS: usize = 100;

/// Messages per second.
pub(super) async fn rate<L: Local>(messages: usize) -> f64 {
    let mut actors = Vec::new();
    for _ in 0..ACTORS {
        actors.push(L::spawn().await);
    }
    let turns = messages / ACTORS;
    let start = Instant::now();
    let sender = actors.clone();
    let task = tokio::spawn(async move {
        for _ in 0..turns {
            for actor in &sender {
                L::tell(actor, 1).await;
            }
        }
    });
    task.await.expect("the sender does not panic");
    let mut sum = 0;
    for actor in &actors {
        sum += L::ask(actor).await;
    }
    let rate = super::rate(turns * ACTORS, start);
    assert_eq!(sum, (turns * ACTORS) as u64, "all arrive");
    for actor in actors {
        L::kill(actor).await;
    }
    rate
}
