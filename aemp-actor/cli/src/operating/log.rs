//! `log`.

use std::time::SystemTime;

use serde_json::json;
use tokio::sync::mpsc;

use super::counted::all_came;
use crate::{Failure, NetworkConnection};
use aemp_actor::log::{LogLine, level_name, one_line};

/// Lines that may wait to be printed.
const WAITING: usize = 10_000;

/// Prints what other nodes log until so many lines have come, or the time of `--timeout` is over: that
/// is no failure unless so many were to come.
pub(crate) async fn log(
    connection: &NetworkConnection,
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
    let mut seen = 0;
    let print = async {
        while count.is_none_or(|count| seen < count) {
            let Some(line) = lines.recv().await else { return };
            show(connection, &line);
            seen += 1;
        }
    };
    let done = match connection.options.timeout {
        Some(limit) => match tokio::time::timeout(limit, print).await {
            Ok(()) => Ok(()),
            Err(_) => all_came(seen, count, "log lines", limit),
        },
        None => {
            print.await;
            Ok(())
        }
    };
    catching.cancel();
    done
}

fn show(connection: &NetworkConnection, line: &LogLine) {
    let (output, now) = (connection.output(), humantime::format_rfc3339_millis(SystemTime::now()));
    let LogLine { node, level, text, .. } = line;
    let name = level_name(*level);
    if output.json {
        let line = json!({
            "time": now.to_string(), "node": node.as_str(), "level": level, "name": name, "text": text,
        });
        output.line(&line.to_string());
    } else {
        output.line(&one_line(&format!("{now} [{node}] {name} {text}")));
    }
}
