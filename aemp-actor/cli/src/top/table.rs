//! Rows as text.

use std::time::Duration;

use super::board::{Column, Row};
use crate::operating::bytes;
use aemp_actor::log::one_line;

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
    let all: Vec<usize> = (0..TITLES.len()).collect();
    let table = table(rows);
    let widths = widths(&table);
    table.iter().map(|cells| line(cells, &all, &widths)).collect()
}

/// The titles and these of the rows, with the columns that have room: the names, the column that
/// they are sorted by, and the others from the left. A number that is cut would be another number.
/// The widths are those of all rows, so that nothing moves when others are seen.
pub(super) fn fitting(rows: &[Row], seen: &[Row], by: Column, width: usize) -> Vec<String> {
    let widths = widths(&table(rows));
    let sorted = Column::ALL.iter().position(|column| *column == by).unwrap_or(0);
    let mut columns = vec![0];
    let mut used = widths[0];
    for column in std::iter::once(sorted).chain(1..TITLES.len()) {
        if !columns.contains(&column) && used + GAP + widths[column] <= width {
            used += GAP + widths[column];
            columns.push(column);
        }
    }
    columns.sort_unstable();
    table(seen).iter().map(|cells| line(cells, &columns, &widths)).collect()
}

/// Between columns.
const GAP: usize = 2;

fn table(rows: &[Row]) -> Vec<[String; 11]> {
    std::iter::once(TITLES.map(str::to_owned)).chain(rows.iter().map(cells)).collect()
}

fn widths(table: &[[String; 11]]) -> Vec<usize> {
    let width =
        |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    (0..TITLES.len()).map(width).collect()
}

fn line(cells: &[String; 11], columns: &[usize], widths: &[usize]) -> String {
    let mut line = format!("{:<1$}", cells[0], widths[0]);
    for column in columns.iter().skip(1) {
        let (cell, width) = (&cells[*column], GAP + widths[*column]);
        line.push_str(&format!("{cell:>width$}"));
    }
    line
}

/// What the keys do, in so much room.
pub(super) fn help(width: usize) -> String {
    let keys = || Column::NAMES.iter().zip(Column::ALL);
    let named: Vec<String> =
        keys().map(|(name, column)| format!("{} {name}", column.letter())).collect();
    let long = format!("sort: {}; q quits", named.join(", "));
    if long.len() <= width {
        return long;
    }
    let letters: String = keys().map(|(_, column)| column.letter()).collect();
    format!("q quits; sort: {letters}")
}

fn cells(row: &Row) -> [String; 11] {
    let rate = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.0}"));
    let count = |value: Option<u64>| value.map_or("-".to_owned(), |value| value.to_string());
    let size = |value: Option<u64>| value.map_or("-".to_owned(), bytes);
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let name = one_line(&row.node);
    let node = match row.silent {
        Some(seconds) => format!("{name} (silent for {})", uptime(seconds)),
        None => name.into_owned(),
    };
    [
        node,
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
    fn a_narrow_table_has_whole_columns() {
        let row = |node: &str| Row {
            node: node.into(),
            handled: Some(12_345.0),
            cpu: Some(0.5),
            ..Row::default()
        };
        let rows = [row("alpha"), Row { silent: Some(61.0), ..row("b") }];
        let words = |by, width| -> Vec<Vec<String>> {
            let lines = fitting(&rows, &rows[..1], by, width);
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{lines:?}");
            let words = |line: &String| line.split_whitespace().map(str::to_owned).collect();
            lines.iter().map(words).collect()
        };
        assert_eq!(
            words(Column::Cpu, 40),
            [["NODE", "HANDLED/s", "CPU"], ["alpha", "12345", "50.0%"]]
        );
        assert_eq!(words(Column::Node, 33), [["NODE", "HANDLED/s"], ["alpha", "12345"]]);
        assert_eq!(words(Column::Node, 23), [["NODE"], ["alpha"]]);
        assert!(lines(&rows)[2].starts_with("b (silent for 1:01)  "));
    }

    #[test]
    fn times_are_short() {
        assert_eq!(uptime(61.9), "1:01");
        assert_eq!(uptime(200_000.0), "2d07");
    }
}
