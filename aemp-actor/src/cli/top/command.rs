//! The command: live on a terminal, else once.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use super::board::{Board, Column, sort};
use super::screen::{Key, Screen};
use super::{poll, table};
use crate::cli::{Connection, Failure};

/// Shows the load of all nodes until `q` is pressed; without a terminal, or with `--json` or
/// `--once`, once, after one interval.
pub(crate) async fn run(
    connection: &Connection,
    (interval, by, once): (Duration, Column, bool),
) -> Result<(), Failure> {
    let live = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    if once || connection.options.json || !live {
        return print(connection, interval, by).await;
    }
    show(connection, interval, by).await
}

/// Two rounds: rates are differences.
async fn print(connection: &Connection, interval: Duration, by: Column) -> Result<(), Failure> {
    let (since, limit) = (Instant::now(), connection.options.timeout());
    let mut board = Board::default();
    board.update(poll::poll(connection, since, 0, limit).await, by);
    tokio::time::sleep(interval).await;
    let rows = board.update(poll::poll(connection, since, 0, limit).await, by);
    let output = connection.output();
    if output.json {
        let rows = serde_json::to_value(rows).expect("rows are JSON");
        output.json(&rows);
    } else {
        table::lines(&rows).iter().for_each(|line| output.line(line));
    }
    Ok(())
}

async fn show(connection: &Connection, interval: Duration, by: Column) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Failed(format!("the terminal: {error}"));
    let mut screen = Screen::open().map_err(failed)?;
    let (since, mut by) = (Instant::now(), by);
    let (mut board, mut rows, mut round) = (Board::default(), Vec::new(), 0);
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let ask = |round| poll::poll(connection, since, round, connection.options.timeout());
    // A node that does not answer holds up the next round, but no key.
    let (mut asked, mut waits) = (std::pin::pin!(ask(round)), true);
    loop {
        tokio::select! {
            samples = &mut asked, if waits => {
                rows = board.update(samples, by);
                waits = false;
            }
            _ = ticks.tick(), if !waits => {
                round += 1;
                asked.set(ask(round));
                waits = true;
                continue;
            }
            key = screen.key() => match key {
                Key::Quit => return Ok(()),
                Key::Sort(column) => {
                    by = column;
                    sort(&mut rows, by);
                }
                Key::Redraw => {}
            },
        }
        let mut lines = table::lines(&rows);
        lines.push(String::new());
        lines.push(table::help());
        screen.draw(&lines).map_err(failed)?;
    }
}
