//! `deaths`.

use serde_json::{Value as Json, json};

use super::every::every;
use super::info::json;
use super::short_kind;
use crate::output::Style;
use crate::{Failure, NetworkConnection};
use aemp_actor::NodeId;
use aemp_actor::introspection::DeathInfo;
use aemp_actor::log::one_line;

/// Columns of a line.
const WIDTH: usize = 80;

/// Characters of a reason that are shown at the least.
const SHORTEST: usize = 20;

/// Prints the last deaths of one node, or of all, the latest first.
pub(crate) async fn deaths(
    connection: &NetworkConnection,
    node: Option<&str>,
    limit: u64,
    wide: bool,
) -> Result<(), Failure> {
    let answers = every(connection, node, |look| async move { look.deaths().await }).await?;
    let total: u64 = answers.iter().map(|(_, deaths)| deaths.total).sum();
    let last = answers
        .into_iter()
        .flat_map(|(node, deaths)| deaths.last.into_iter().map(move |death| (node.clone(), death)));
    let mut last: Vec<(NodeId, DeathInfo)> = last.collect();
    last.sort_by_key(|(_, death)| std::cmp::Reverse(death.at));
    last.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let output = connection.output();
    if output.json {
        let last: Vec<Json> = last.iter().map(|(node, death)| told(node, death)).collect();
        output.json(&json!({ "total": total, "last": last }));
        return Ok(());
    }
    let mut rows: Vec<[String; 4]> =
        last.iter().map(|(node, death)| row(node, death, wide)).collect();
    if !wide {
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
        let before: usize = (0..3).map(|column| width(column).unwrap_or(0).max(4) + 2).sum();
        let room = WIDTH.saturating_sub(before).max(SHORTEST);
        rows.iter_mut().for_each(|row| row[3] = short(&row[3], room));
    }
    let rows: Vec<Vec<_>> =
        rows.into_iter().map(|row| row.map(|text| (text, Style::Plain)).into()).collect();
    output.table(&["TIME", "PORT", "KIND", "REASON"], &rows);
    let more = total.saturating_sub(last.len() as u64);
    if more > 0 {
        output.line(&format!("and {more} more: --limit shows those that are remembered"));
    }
    Ok(())
}

fn told(node: &NodeId, death: &DeathInfo) -> Json {
    let mut told = json(death);
    told["node"] = json!(node.as_str());
    told
}

fn row(node: &NodeId, death: &DeathInfo, wide: bool) -> [String; 4] {
    let port = format!("{node}#{}", death.name);
    let at = humantime::format_rfc3339_seconds(death.at).to_string();
    let reason = one_line(&death.reason).into_owned();
    if wide {
        return [at, port, death.kind.clone(), reason];
    }
    // The time of day alone: `2026-11-22T18:24:13Z`.
    let time = at.get(11..19).unwrap_or(&at).to_owned();
    [time, port, short_kind(&death.kind), reason]
}

/// So many characters of it.
fn short(reason: &str, room: usize) -> String {
    match reason.chars().count() > room {
        true => reason.chars().take(room - 1).chain(['…']).collect(),
        false => reason.to_owned(),
    }
}
