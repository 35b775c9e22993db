//! `log`.

use std::time::SystemTime;

use serde_json::json;
use tokio::sync::mpsc;

use crate::cli::{Connection, Failure};
use crate::log::LogLine;

/// Lines that may wait to be printed.
const WAITING: usize = 10_000;

/// Prints what other nodes log until so many lines have come, or the time of `--timeout` is over.
pub(super) async fn log(
    connection: &Connection,
    level: u8,
    count: Option<u64>,
) -> Result<(), Failure> {
    let (sender, mut lines) = mpsc::channel(WAITING);
    let catching = connection.node.catch_logs(level, move |line| {
        // One that prints too slowly misses lines.
        drop(sender.try_send(line.clone()));
    });
    // Nodes that have given a sign of life have understood what they were asked before.
    connection.signs_of_life().await;
    tracing::info!(target: "aemp", "catching the logs of other nodes up to level {level}");
    let print = async {
        let mut left = count.unwrap_or(u64::MAX);
        while left > 0 {
            let Some(line) = lines.recv().await else { return };
            show(connection, &line);
            left -= 1;
        }
    };
    match connection.options.timeout {
        Some(limit) => tokio::time::timeout(limit, print).await.unwrap_or(()),
        None => print.await,
    }
    catching.cancel();
    Ok(())
}

fn show(connection: &Connection, line: &LogLine) {
    let (output, now) = (connection.output(), humantime::format_rfc3339_millis(SystemTime::now()));
    let LogLine { node, level, text } = line;
    if output.json {
        let line = json!({
            "time": now.to_string(), "node": node.as_str(), "level": level, "text": text,
        });
        output.line(&line.to_string());
    } else {
        output.line(&format!("{now} [{node}] <{level}> {text}"));
    }
}
