//! What of a table is in the picture: rows and columns that have room. Plain data.

use super::board::{Column, Row};
use super::table;

/// Which part of the table is seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct View {
    /// The first row.
    first: usize,
}

/// How the picture is moved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Move {
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
}

/// Lines beside the rows: the title, and the last line.
const FRAME: usize = 2;

impl View {
    /// The next picture is another part; [`lines`](Self::lines) keeps it within the table.
    pub(super) fn scroll(&mut self, by: Move, height: u16) {
        let page = usize::from(height).saturating_sub(FRAME).max(1);
        self.first = match by {
            Move::Up => self.first.saturating_sub(1),
            Move::Down => self.first.saturating_add(1),
            Move::PageUp => self.first.saturating_sub(page),
            Move::PageDown => self.first.saturating_add(page),
            Move::Top => 0,
            Move::Bottom => usize::MAX,
        };
    }

    /// A picture of this size: a title, rows, and a last line that says what else there is.
    pub(super) fn lines(
        &mut self,
        rows: &[Row],
        by: Column,
        (width, height): (u16, u16),
    ) -> Vec<String> {
        let (width, height) = (usize::from(width), usize::from(height));
        let room = height.saturating_sub(FRAME).max(1);
        self.first = self.first.min(rows.len().saturating_sub(room));
        let seen = &rows[self.first..rows.len().min(self.first + room)];
        let mut lines = table::fitting(rows, seen, by, width);
        let mut last = String::new();
        if seen.len() < rows.len() {
            let (from, to) = (self.first + 1, self.first + seen.len());
            last = format!("{from}-{to} of {} nodes (arrows); ", rows.len());
        }
        last.push_str(&table::help(width.saturating_sub(last.chars().count())));
        // The last line is at the bottom only when the picture is full.
        lines.push(last);
        lines.truncate(height);
        lines.iter().map(|line| line.chars().take(width).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(number: usize) -> Vec<Row> {
        let row = |n| Row { node: format!("node-{n:02}"), ports: Some(12_345), ..Row::default() };
        (0..number).map(row).collect()
    }

    fn names(lines: &[String]) -> Vec<&str> {
        let names = lines.iter().filter_map(|line| line.split_whitespace().next());
        names.filter(|name| name.starts_with("node-")).collect()
    }

    #[test]
    fn more_nodes_than_lines_are_scrolled() {
        let (rows, mut view) = (rows(10), View::default());
        let size = (200, 6);
        let lines = view.lines(&rows, Column::Node, size);
        assert_eq!(lines.len(), 6);
        assert_eq!(names(&lines), ["node-00", "node-01", "node-02", "node-03"]);
        assert!(lines[5].starts_with("1-4 of 10 nodes (arrows); sort: n node"), "{}", lines[5]);
        let mut after = |by| {
            view.scroll(by, size.1);
            names(&view.lines(&rows, Column::Node, size))[0].to_owned()
        };
        let moves = [
            Move::Down,
            Move::PageDown,
            Move::Up,
            Move::Bottom,
            Move::Down,
            Move::PageUp,
            Move::Top,
            Move::Up,
        ];
        let first = ["01", "05", "04", "06", "06", "02", "00", "00"].map(|n| format!("node-{n}"));
        assert_eq!(moves.map(&mut after), first);
    }

    #[test]
    fn a_picture_is_never_larger_than_its_terminal() {
        for (width, height) in [(0, 0), (1, 1), (10, 2), (20, 3), (40, 5), (80, 24), (300, 100)] {
            let lines = View::default().lines(&rows(7), Column::Ports, (width, height));
            assert!(lines.len() <= usize::from(height), "{width}x{height}: {lines:?}");
            assert!(lines.iter().all(|line| line.chars().count() <= usize::from(width)));
        }
    }

    #[test]
    fn all_is_seen_where_there_is_room() {
        let lines = View::default().lines(&rows(3), Column::Node, (200, 24));
        assert_eq!(lines.len(), 5);
        assert!(lines[4].starts_with("sort: n node"), "{}", lines[4]);
    }
}
