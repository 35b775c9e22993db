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

    /// Prints one line: name, median, range, processor time of each.
    fn print(&self, name: &str, worked: Duration) {
        let (slowest, fastest) = (self.sorted[0], self.sorted[self.sorted.len() - 1]);
        println!(
            "  {name:<44} {:>10}/s   ({} to {})   {} ns of processor time each",
            short(self.median()),
            short(slowest),
            short(fastest),
            worked.as_nanos(),
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
    let before = cpu_time();
    let times: Vec<Duration> = (0..options.rounds).map(|_| round()).collect();
    let worked = (cpu_time() - before) / u32::try_from(options.rounds * count).unwrap_or(u32::MAX);
    let rates = Rates::of(count, times);
    rates.print(name, worked);
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

/// What this process has had of the processors, all its threads together.
fn cpu_time() -> Duration {
    /// How long a tick is, on every Linux.
    const TICK: Duration = Duration::from_millis(10);
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The program's name, in brackets, may hold anything.
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields).split_ascii_whitespace();
    let ticks: u32 = fields.skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    TICK * ticks
}

/// `12.3 M`, `456 k`.
fn short(rate: f64) -> String {
    match rate {
        r if r >= 1e7 => format!("{:.1} M", r / 1e6),
        r if r >= 1e6 => format!("{:.2} M", r / 1e6),
        r => format!("{:.0} k", r / 1e3),
    }
}
