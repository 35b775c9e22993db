//! Rounds, medians, and how they are printed.

use std::time::{Duration, Instant};

use crate::options::Options;

/// The rates of several rounds.
struct Rates {
    /// Per second, slowest first.
    sorted: Vec<f64>,
}

impl Rates {
    /// Of `count` things done in each of these times.
    fn of(count: usize, times: impl IntoIterator<Item = Duration>) -> Self {
        let mut sorted: Vec<f64> =
            times.into_iter().map(|time| count as f64 / time.as_secs_f64()).collect();
        sorted.sort_by(f64::total_cmp);
        Self { sorted }
    }

    /// The one in the middle.
    fn median(&self) -> f64 {
        self.sorted[self.sorted.len() / 2]
    }

    /// Prints one line: name, median, range.
    fn print(&self, name: &str) {
        let (slowest, fastest) = (self.sorted[0], self.sorted[self.sorted.len() - 1]);
        println!(
            "  {name:<44} {:>10}/s   ({} to {})",
            short(self.median()),
            short(slowest),
            short(fastest)
        );
    }
}

/// Runs `round` once for warming up and then as often as the options say; prints the rates of the
/// `count` things that it does, and gives the median. Measures nothing (and gives NaN) when the
/// options name others.
pub(crate) fn measure(
    options: &Options,
    name: &str,
    count: usize,
    mut round: impl FnMut() -> Duration,
) -> f64 {
    if !options.wants(name) {
        return f64::NAN;
    }
    round();
    let rates = Rates::of(count, (0..options.rounds).map(|_| round()));
    rates.print(name);
    rates.median()
}

/// Prints how many times faster the one is than the other, if both were measured.
pub(crate) fn compare(name: &str, one: f64, other: f64) {
    let ratio = one / other;
    if ratio.is_finite() {
        println!("  {name:<44} {ratio:>10.2}");
    }
}

/// How long `work` takes.
pub(crate) async fn timed(work: impl Future<Output = ()>) -> Duration {
    let start = Instant::now();
    work.await;
    start.elapsed()
}

/// `12.3 M`, `456 k`.
fn short(rate: f64) -> String {
    match rate {
        r if r >= 1e7 => format!("{:.1} M", r / 1e6),
        r if r >= 1e6 => format!("{:.2} M", r / 1e6),
        r => format!("{:.0} k", r / 1e3),
    }
}
