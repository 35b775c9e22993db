//! Messages to another process, as many as go.
//!
//! They are sent in windows: after each the sender asks for the sum, and it is never more than
//! [`AHEAD`] windows ahead of the answers, so that no queue grows without end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::contender::Remote;
use crate::scale::Scale;

/// Messages of one window.
const WINDOW: usize = 10_000;

/// Windows that may be on their way.
const AHEAD: usize = 4;

/// Messages per second.
pub(super) async fn rate<R: Remote>(client: &Arc<R>, scale: &Scale) -> f64 {
    let before = client.ask().await;
    let start = Instant::now();
    let windows = scale.remote_messages / WINDOW;
    let sent = windowed(client, windows, scale.cap, async |client| {
        client.tell_many(WINDOW).await;
    });
    let sent = sent.await * WINDOW;
    let rate = super::rate(sent, start);
    assert_eq!(client.ask().await - before, sent as u64, "all arrive");
    rate
}

/// Sends windows until it is enough or the time is up, and waits until all have arrived; gives how
/// many.
pub(super) async fn windowed<R: Remote>(
    client: &Arc<R>,
    windows: usize,
    cap: Duration,
    mut window: impl AsyncFnMut(&R),
) -> usize {
    let start = Instant::now();
    let mut answers = VecDeque::new();
    let mut sent = 0;
    while sent < windows && (sent == 0 || start.elapsed() < cap) {
        window(client).await;
        sent += 1;
        let client = Arc::clone(client);
        answers.push_back(tokio::spawn(async move { client.ask().await }));
        if answers.len() == AHEAD {
            let oldest = answers.pop_front().expect("there are some");
            oldest.await.expect("an answer");
        }
    }
    for answer in answers {
        answer.await.expect("an answer");
    }
    // Some of them may have asked before the last window was sent.
    client.ask().await;
    sent
}
