//! `info` and `functions`.

use std::time::Duration;

use serde_json::Value as Json;

use super::bytes;
use crate::output::Style;
use crate::{Failure, NetworkConnection, Output, peers};
use aemp_actor::PeerInfo;
use aemp_actor::introspection::{FunctionKind, NodeInfo};

/// JSON of something that serialises.
pub(crate) fn json(value: &impl serde::Serialize) -> Json {
    serde_json::to_value(value).expect("what nodes tell is JSON")
}

pub(crate) async fn info(
    connection: &NetworkConnection,
    node: &str,
    wide: bool,
) -> Result<(), Failure> {
    let info = connection.look(node)?.info().await?;
    let output = connection.output();
    if output.json {
        output.json(&json(&info));
        return Ok(());
    }
    facts(output, &info);
    let peers: Vec<_> = info.peers.iter().map(|other| peer(other, wide)).collect();
    if !peers.is_empty() {
        output.line("");
        output.table(&["PEER", "STATE", "RTT", "QUEUE", "IN", "OUT", "PROTECTION"], &peers);
    }
    Ok(())
}

fn facts(output: Output, info: &NodeInfo) {
    let whole = |time: Duration| Duration::from_secs(time.as_secs());
    let mut rows = vec![
        ("node", info.node.to_string()),
        ("software", format!("{} {}", info.software, info.version)),
        ("uptime", humantime::format_duration(whole(info.uptime)).to_string()),
        ("listeners", info.listeners.join(", ")),
        ("ports", info.ports.to_string()),
        ("groups", info.groups.to_string()),
        ("messages handled", info.handled.to_string()),
        ("messages dropped", dropped(info)),
        ("watchdog", if info.watched { "yes" } else { "no" }.to_owned()),
    ];
    if let Some(process) = &info.process {
        rows.push(("process", process.pid.to_string()));
        rows.push(("resident memory", bytes(process.resident)));
        rows.push(("processor time", format!("{:.2} s", process.cpu.as_secs_f64())));
    }
    for (name, value) in rows {
        output.line(format!("{name:18}{value}").trim_end());
    }
}

/// `3 (dead_port 2, refused 1)`.
fn dropped(info: &NodeInfo) -> String {
    let causes = json(&info.dropped);
    let causes: Vec<(&String, u64)> = causes
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(cause, count)| Some((cause, count.as_u64()?)).filter(|(_, n)| *n > 0))
        .collect();
    let total: u64 = causes.iter().map(|(_, count)| count).sum();
    if total == 0 {
        return "0".to_owned();
    }
    let texts: Vec<String> = causes.iter().map(|(cause, n)| format!("{cause} {n}")).collect();
    format!("{total} ({})", texts.join(", "))
}

fn peer(peer: &PeerInfo, wide: bool) -> Vec<(String, Style)> {
    let plain = |text: String| (text, Style::Plain);
    let traffic = peer.connection.as_ref().map(|connection| connection.traffic).unwrap_or_default();
    vec![
        plain(peer.node.to_string()),
        peers::state(peer),
        plain(peers::round_trip(peer)),
        plain(peers::queue(peer)),
        plain(bytes(traffic.bytes_in)),
        plain(bytes(traffic.bytes_out)),
        plain(peers::protection(peer, wide)),
    ]
}

pub(crate) async fn functions(connection: &NetworkConnection, node: &str) -> Result<(), Failure> {
    let functions = connection.look(node)?.functions().await?;
    let output = connection.output();
    if output.json {
        output.json(&json(&functions));
        return Ok(());
    }
    let rows: Vec<_> = functions
        .into_iter()
        .map(|function| {
            let kind = match function.kind {
                FunctionKind::Init => "init",
                FunctionKind::Function => "function",
                _ => "builtin",
            };
            let allowed =
                if function.allowed { ("allowed", Style::Good) } else { ("refused", Style::Bad) };
            vec![
                (function.name, Style::Plain),
                (kind.to_owned(), Style::Plain),
                (allowed.0.to_owned(), allowed.1),
            ]
        })
        .collect();
    output.table(&["FUNCTION", "KIND", "FOR US"], &rows);
    Ok(())
}
