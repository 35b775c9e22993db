//! Requests to another process: how long one takes by itself, and under half the load that can be
//! had.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::all;
use crate::contender::Remote;
use crate::figures::{Figures, quantile};
use crate::scale::Scale;

/// How many ask at the same time to find out what load can be had.
const ASKERS: usize = 64;

/// How long the pacing thread sleeps: what is due meanwhile is asked at once.
const TICK: Duration = Duration::from_micros(50);

/// All of it.
pub(super) async fn figures<R: Remote>(client: &Arc<R>, scale: &Scale) -> Figures {
    let mut alone = one_by_one(client, scale).await;
    let most = at_once(client, scale).await;
    let mut loaded = paced(client, most / 2.0, scale.cap).await;
    Figures::from([
        ("round-trip".to_owned(), quantile(&mut alone, 0.5)),
        ("remote-64".to_owned(), most),
        ("half-load".to_owned(), quantile(&mut loaded, 0.5)),
        ("half-load-p99".to_owned(), quantile(&mut loaded, 0.99)),
    ])
}

/// Nanoseconds of each request.
async fn one_by_one<R: Remote>(client: &Arc<R>, scale: &Scale) -> Vec<f64> {
    let client = Arc::clone(client);
    let (requests, cap) = (scale.remote_requests, scale.cap);
    let task = tokio::spawn(async move {
        let begun = Instant::now();
        let mut times = Vec::with_capacity(requests);
        while times.len() < requests && (times.is_empty() || begun.elapsed() < cap) {
            let start = Instant::now();
            client.ask().await;
            times.push(nanoseconds(start));
        }
        times
    });
    task.await.expect("it does not panic")
}

/// Requests per second when many ask.
async fn at_once<R: Remote>(client: &Arc<R>, scale: &Scale) -> f64 {
    let (each, cap) = ((2 * scale.remote_requests).div_ceil(ASKERS), scale.cap);
    let start = Instant::now();
    let tasks = (0..ASKERS).map(|_| {
        let client = Arc::clone(client);
        tokio::spawn(async move {
            let mut done = 0;
            while done < each && (done == 0 || start.elapsed() < cap) {
                client.ask().await;
                done += 1;
            }
            done
        })
    });
    let done: usize = all(tasks.collect()).await.into_iter().sum();
    super::rate(done, start)
}

/// Nanoseconds of each request, from when it was due, when so many are due in a second, whatever has
/// become of those before.
async fn paced<R: Remote>(client: &Arc<R>, rate: f64, time: Duration) -> Vec<f64> {
    let times = Arc::new(Mutex::new(Vec::new()));
    let (runtime, client, all_times) =
        (tokio::runtime::Handle::current(), Arc::clone(client), Arc::clone(&times));
    let pace = move || {
        let begun = Instant::now();
        let mut tasks = Vec::new();
        while begun.elapsed() < time {
            let due = (begun.elapsed().as_secs_f64() * rate) as usize;
            for number in tasks.len()..due {
                let at = begun + Duration::from_secs_f64(number as f64 / rate);
                let (client, times) = (Arc::clone(&client), Arc::clone(&all_times));
                tasks.push(runtime.spawn(async move {
                    client.ask().await;
                    times.lock().expect("nobody panics with it").push(nanoseconds(at));
                }));
            }
            std::thread::sleep(TICK);
        }
        tasks
    };
    let tasks = tokio::task::spawn_blocking(pace).await.expect("it does not panic");
    all(tasks).await;
    std::mem::take(&mut *times.lock().expect("nobody panics with it"))
}

fn nanoseconds(since: Instant) -> f64 {
    since.elapsed().as_nanos() as f64
}
