//! The command: live on a terminal, else once.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use super::board::{Board, Column};
use super::poll::Poll;
use super::screen::{KeyPress, Screen};
use super::table;
use super::view::View;
use crate::ending::ending;
use crate::{Failure, NetworkConnection, operating};

/// Shows the load of all nodes until `q` is pressed; without a terminal, or with `--json` or
/// `--once`, once, after one interval.
pub(crate) async fn run(
    connection: &NetworkConnection,
    interval: Duration,
    by: Column,
    once: bool,
    wide: bool,
) -> Result<(), Failure> {
    let live = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    if once || connection.options.json || !live {
        return print(connection, interval, by, wide).await;
    }
    show(connection, interval, by).await
}

/// Columns of a table that is printed once.
const WIDTH: usize = 80;

/// Two rounds: rates are differences.
async fn print(
    connection: &NetworkConnection,
    interval: Duration,
    by: Column,
    wide: bool,
) -> Result<(), Failure> {
    let (mut board, poll) = (Board::default(), Poll::new(connection));
    let since = Instant::now();
    let twice = poll.twice(interval);
    let (up, samples) = match connection.options.timeout {
        None => twice.await,
        // Each question has its own time; between them is the interval.
        Some(limit) => tokio::time::timeout(limit, twice).await.map_err(|_| {
            let text = format!("no table within {limit:?}, with an interval of {interval:?}");
            Failure::Timeout(text)
        })?,
    };
    board.asked(&up, Duration::ZERO);
    samples.iter().for_each(|sample| board.told(sample));
    let rows = board.rows(since.elapsed(), by);
    let output = connection.output();
    if output.json {
        output.json(&operating::json(&rows));
    } else {
        let lines = match wide {
            true => table::lines(&rows),
            false => table::fitting(&rows, &rows, by, WIDTH),
        };
        lines.iter().for_each(|line| output.line(line));
    }
    Ok(())
}

/// Answers that come within this time are shown together.
const TOGETHER: Duration = Duration::from_millis(50);

async fn show(
    connection: &NetworkConnection,
    interval: Duration,
    by: Column,
) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Failed(format!("the terminal: {error}"));
    // Before the screen is another one: nothing ends the process that leaves it so.
    let mut ended = std::pin::pin!(ending(true).map_err(failed)?);
    let mut screen = Screen::open().map_err(failed)?;
    let (mut board, mut poll, mut view) =
        (Board::default(), Poll::new(connection), View::default());
    let (mut by, mut news) = (by, None);
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let up = poll.ask();
                board.asked(&up, poll.now());
                news.get_or_insert_with(|| tokio::time::Instant::now() + TOGETHER);
                continue;
            }
            sample = poll.answer() => {
                board.told(&sample);
                news.get_or_insert_with(|| tokio::time::Instant::now() + TOGETHER);
                continue;
            }
            () = until(news) => news = None,
            () = &mut ended => return Ok(()),
            key = screen.key() => match key {
                KeyPress::Quit => return Ok(()),
                KeyPress::Sort(column) => by = column,
                KeyPress::Move(by) => view.scroll(by, screen.size().map_err(failed)?.1),
                KeyPress::Redraw => {}
            },
        }
        let rows = board.rows(poll.now(), by);
        screen.draw(&view.lines(&rows, by, screen.size().map_err(failed)?)).map_err(failed)?;
    }
}

/// Waits for this time; for ever without one.
async fn until(time: Option<tokio::time::Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}
