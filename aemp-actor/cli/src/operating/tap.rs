//! `tap`.

use serde_json::{Value as Json, json};

use super::counted::all_came;
use crate::output::json_of;
use crate::{Failure, NetworkConnection};
use aemp_actor::Tapped;
use aemp_actor::log::one_line;

/// Prints messages until the port is dead, so many have come, or the time of `--timeout` is over:
/// that is no failure unless so many were to come.
pub(crate) async fn tap(
    connection: &NetworkConnection,
    port: &str,
    count: Option<u64>,
) -> Result<(), Failure> {
    let port = connection.port(port)?;
    let mut tap = connection.node.tap(&port).await?;
    tracing::info!(target: "aemp", "tapping {port}");
    let mut seen = 0;
    let watch = async {
        while count.is_none_or(|count| seen < count) {
            match tap.next().await {
                Some(tapped) => show(connection, &tapped),
                None => return Err(ended(&tap)),
            }
            seen += 1;
        }
        Ok(())
    };
    let Some(limit) = connection.options.timeout else { return watch.await };
    match tokio::time::timeout(limit, watch).await {
        Ok(done) => done,
        Err(_) => all_came(seen, count, "messages", limit),
    }
}

fn ended(tap: &aemp_actor::Tap) -> Failure {
    let reason = tap.ended().map(|reason| reason.text()).unwrap_or_default();
    Failure::Failed(format!("the tap has ended: {reason}"))
}

fn show(connection: &NetworkConnection, tapped: &Tapped) {
    let output = connection.output();
    let (skipped, message, hidden) = match tapped {
        Tapped::Message { skipped, message } => {
            let values = message.values().unwrap_or_default();
            (*skipped, Some(values.iter().map(json_of).collect::<Vec<Json>>()), None)
        }
        Tapped::Hidden { skipped, tag, why, .. } => (*skipped, None, Some((tag, why))),
        _ => return,
    };
    if output.json {
        let line = match (&message, hidden) {
            (Some(values), _) => json!({ "skipped": skipped, "message": values }),
            (_, hidden) => {
                let (tag, why) = hidden.unzip();
                json!({ "skipped": skipped, "tag": tag, "why": why })
            }
        };
        return output.line(&line.to_string());
    }
    if skipped > 0 {
        output.line(&format!("({skipped} messages were left out)"));
    }
    if let Some(values) = message {
        let texts: Vec<String> = values.iter().map(Json::to_string).collect();
        output.line(&texts.join(","));
    } else if let Some((tag, why)) = hidden {
        output.line(&one_line(&format!("({tag}: {why})")));
    }
}
