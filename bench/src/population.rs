//! Many actors: how fast they are made, what they cost while nothing happens, how fast they end.

use std::time::{Duration, Instant};

use crate::contender::{Live, Local};
use crate::figures::Figures;
use crate::machine::resident;
use crate::scale::Scale;
use crate::suite::Size;

/// Makes them; a small population is killed as well, and a large one weighed.
pub(crate) fn run<L: Local>(size: Size, _: &Scale) -> Figures {
    let (count, name) = match size {
        Size::Small => (200_000, "200k"),
        Size::Million => (1_000_000, "1m"),
        Size::TenMillion => (10_000_000, "10m"),
    };
    L::run(async move {
        let before = resident();
        let start = Instant::now();
        let mut handles = Vec::with_capacity(count);
        for _ in 0..count {
            handles.push(L::spawn().await);
        }
        // Who only asks for a task to be made is not done until it is.
        L::ask(handles.last().expect("there are some")).await;
        let mut figures = Figures::new();
        figures.insert(format!("spawn-{name}"), count as f64 / start.elapsed().as_secs_f64());
        if size == Size::Small {
            figures.insert(format!("kill-{name}"), count as f64 / kill::<L>(handles).await);
        } else {
            at_rest().await;
            let grown = resident().saturating_sub(before);
            figures.insert(format!("idle-{name}"), grown as f64 / count as f64);
            drop(handles);
        }
        figures
    })
}

/// Seconds until all have ended.
async fn kill<L: Local>(handles: Vec<L::Handle>) -> f64 {
    let start = Instant::now();
    for handle in handles {
        L::kill(handle).await;
    }
    while Live::count() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    start.elapsed().as_secs_f64()
}

/// Waits until memory does not change any more.
async fn at_rest() {
    let mut before = resident();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = resident();
        if now.abs_diff(before) < 1 << 20 {
            return;
        }
        before = now;
    }
}
