//! The lines that wait for one catcher: bounded, and what does not fit is counted. Plain data.

use std::collections::VecDeque;
use std::sync::Arc;

/// Lines that may wait for one catcher.
const MOST: usize = 1024;

/// Bytes of a line that are told.
const LONGEST: usize = 4096;

/// A log line: its level and text.
pub(super) type Line = (u8, Arc<str>);

#[derive(Default)]
pub(super) struct Lines {
    waiting: VecDeque<Line>,
    lost: u64,
}

impl Lines {
    pub(super) fn push(&mut self, line: Line) {
        if self.waiting.len() < MOST {
            self.waiting.push_back(line);
        } else {
            self.lost += 1;
        }
    }

    /// Takes all out; after them a line that tells of those that were lost.
    pub(super) fn take(&mut self) -> VecDeque<Line> {
        let mut lines = std::mem::take(&mut self.waiting);
        if self.lost > 0 {
            lines.push_back(lost(std::mem::take(&mut self.lost)));
        }
        lines
    }
}

/// A line that tells of lost ones.
pub(super) fn lost(count: u64) -> Line {
    let text = format!("{count} log lines were lost: they came faster than they were taken");
    (super::level_number(tracing::Level::WARN), text.into())
}

/// The text, cut where it is too long.
pub(super) fn cut(text: &mut String) {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_told_as_a_number() {
        let mut lines = Lines::default();
        for n in 0..MOST + 5 {
            lines.push((7, n.to_string().into()));
        }
        let mut taken = lines.take();
        assert_eq!(taken.len(), MOST + 1);
        let (level, text) = taken.pop_back().expect("the last line");
        assert_eq!(level, 5);
        assert!(text.starts_with("5 log lines were lost"), "{text}");
        assert!(lines.take().is_empty());
    }

    #[test]
    fn long_texts_are_cut_between_letters() {
        let mut text = "ä".repeat(LONGEST);
        cut(&mut text);
        assert_eq!(text.len(), LONGEST + "…".len());
        let mut text = "short".to_owned();
        cut(&mut text);
        assert_eq!(text, "short");
    }
}
