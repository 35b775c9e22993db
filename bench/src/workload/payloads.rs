//! Large messages to another process.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::one_way::windowed;
use crate::contender::Remote;
use crate::figures::Figures;
use crate::scale::Scale;

/// Bytes of one window.
const WINDOW: usize = 4 << 20;

/// MiB per second, of messages of two sizes.
pub(super) async fn figures<R: Remote>(client: &Arc<R>, scale: &Scale) -> Figures {
    let mut figures = Figures::new();
    for (name, size) in [("bytes-64k", 64 << 10), ("bytes-1m", 1 << 20)] {
        figures.insert(name.to_owned(), rate(client, size, scale).await);
    }
    figures
}

async fn rate<R: Remote>(client: &Arc<R>, size: usize, scale: &Scale) -> f64 {
    // All values of a byte, as in what is compressed or encrypted.
    let payload: Bytes = (0..size).map(|at| (at.wrapping_mul(167) >> 3) as u8).collect();
    let before = client.ask().await;
    let start = Instant::now();
    let sent = windowed(client, scale.payload / WINDOW, scale.cap, async |client| {
        for _ in 0..WINDOW / size {
            client.bytes(&payload).await;
        }
    });
    let sent = sent.await * WINDOW;
    let rate = super::rate(sent, start);
    assert_eq!(client.ask().await - before, sent as u64, "all arrive");
    rate / f64::from(1 << 20)
}
