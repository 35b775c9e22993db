//! Who sends and who asks.

/// Runs what `make` makes in `count` tasks and waits for them.
pub(crate) async fn producers<F: FnOnce() + Send + 'static>(count: usize, make: impl Fn() -> F) {
    let tasks: Vec<_> = (0..count)
        .map(|_| {
            let work = make();
            tokio::spawn(async move { work() })
        })
        .collect();
    for task in tasks {
        task.await.expect("no producer panics");
    }
}

/// Asks `requests` times in all, in `askers` tasks that each wait for their answers.
pub(crate) async fn askers<Fut: Future<Output = ()> + Send + 'static>(
    askers: usize,
    requests: usize,
    ask: impl Fn() -> Fut + Clone + Send + 'static,
) {
    let tasks: Vec<_> = (0..askers)
        .map(|_| {
            let ask = ask.clone();
            tokio::spawn(async move {
                for _ in 0..requests / askers {
                    ask().await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no asker panics");
    }
}
