//! Rows as text.

use std::time::Duration;

use super::board::{Column, Row};
use crate::cli::operating::octets;

const TITLES: [&str; 11] = [
    "NODE",
    "HANDLED/s",
    "IN/s",
    "OUT/s",
    "PORTS",
    "DEPTH",
    "QUEUE",
    "RTT",
    "MEMORY",
    "CPU",
    "UPTIME",
];

/// The titles, and a line for each row: aligned, numbers to the right.
pub(super) fn lines(rows: &[Row]) -> Vec<String> {
    let mut table = vec![TITLES.map(str::to_owned)];
    table.extend(rows.iter().map(cells));
    let width =
        |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..TITLES.len()).map(width).collect();
    let line = |row: &[String; 11]| {
        let mut line = format!("{:<1$}", row[0], widths[0]);
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            line.push_str(&format!("  {cell:>width$}"));
        }
        line
    };
    table.iter().map(line).collect()
}

/// What the keys do.
pub(super) fn help() -> String {
    let keys = Column::NAMES.iter().zip(Column::ALL);
    let keys: Vec<String> =
        keys.map(|(name, column)| format!("{} {name}", column.letter())).collect();
    format!("sort: {}; q quits", keys.join(", "))
}

fn cells(row: &Row) -> [String; 11] {
    let rate = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.0}"));
    let count = |value: Option<u64>| value.map_or("-".to_owned(), |value| value.to_string());
    let size = |value: Option<u64>| value.map_or("-".to_owned(), octets);
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        row.node.clone(),
        rate(row.handled),
        rate(row.packets_in),
        rate(row.packets_out),
        count(row.ports),
        count(row.depth),
        size(row.queue),
        or_dash(row.round_trip.map(|time| format!("{:.2}ms", time * 1000.0))),
        size(row.memory),
        or_dash(row.cpu.map(|cpu| format!("{:.1}%", cpu * 100.0))),
        or_dash(row.uptime.map(uptime)),
    ]
}

fn uptime(seconds: f64) -> String {
    let whole = Duration::try_from_secs_f64(seconds).unwrap_or_default().as_secs();
    match (whole / 86_400, whole / 3600 % 24, whole / 60 % 60, whole % 60) {
        (0, 0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (0, hours, minutes, _) => format!("{hours}h{minutes:02}"),
        (days, hours, ..) => format!("{days}d{hours:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let full = Row {
            node: "alpha".into(),
            handled: Some(12_345.6),
            ports: Some(7),
            queue: Some(2048),
            round_trip: Some(0.000_25),
            cpu: Some(0.0151),
            uptime: Some(3_700.0),
            ..Row::default()
        };
        let lines = lines(&[full, Row { node: "b".into(), ..Row::default() }]);
        assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), TITLES);
        let cells: Vec<&str> = lines[1].split_whitespace().collect();
        let wanted = ["alpha", "12346", "-", "-", "7", "-", "2.0K", "0.25ms", "-", "1.5%", "1h01"];
        assert_eq!(cells, wanted);
        assert!(lines.iter().all(|line| line.chars().count() == lines[0].chars().count()));
    }

    #[test]
    fn times_are_short() {
        assert_eq!(uptime(61.9), "1:01");
        assert_eq!(uptime(200_000.0), "2d07");
    }
}
