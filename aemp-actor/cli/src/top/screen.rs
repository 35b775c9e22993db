//! A terminal: lines of text, and keys.

use std::io::{self, Write};

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::{cursor, event, execute, queue, style, terminal};
use tokio::sync::mpsc;

use super::board::Column;
use super::view::Move;
use crate::progress;

/// What was pressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum KeyPress {
    Quit,
    Sort(Column),
    Move(Move),
    /// The size has changed.
    Redraw,
}

/// Keys that may wait; more wait in the terminal.
const KEYS: usize = 64;

/// A terminal without echo, on a screen of its own; as it was before when this is dropped.
pub(super) struct Screen {
    keys: mpsc::Receiver<KeyPress>,
}

impl Screen {
    pub(super) fn open() -> io::Result<Self> {
        progress::end();
        terminal::enable_raw_mode()?;
        // From here on it is put back, whatever fails.
        let (sender, keys) = mpsc::channel(KEYS);
        let screen = Self { keys };
        execute!(io::stdout(), terminal::EnterAlternateScreen, cursor::Hide)?;
        // Ends with the process: reading cannot be interrupted.
        std::thread::spawn(move || {
            while let Ok(event) = event::read() {
                if let Some(key) = key_of(&event)
                    && sender.blocking_send(key).is_err()
                {
                    return;
                }
            }
            let _ = sender.blocking_send(KeyPress::Quit);
        });
        Ok(screen)
    }

    /// The next key that means something.
    ///
    /// # Cancel safety
    /// No key is lost.
    pub(super) async fn key(&mut self) -> KeyPress {
        self.keys.recv().await.unwrap_or(KeyPress::Quit)
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> io::Result<(u16, u16)> {
        terminal::size()
    }

    /// Shows these lines, the first as a title. They have to have room.
    pub(super) fn draw(&self, lines: &[String]) -> io::Result<()> {
        let mut out = io::stdout();
        for (row, text) in (0..).zip(lines) {
            queue!(out, cursor::MoveTo(0, row))?;
            if row == 0 {
                queue!(out, style::SetAttribute(style::Attribute::Reverse))?;
            }
            queue!(out, style::Print(text), style::SetAttribute(style::Attribute::Reset))?;
            queue!(out, terminal::Clear(terminal::ClearType::UntilNewLine))?;
        }
        queue!(out, terminal::Clear(terminal::ClearType::FromCursorDown))?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs no putting back.
        drop(execute!(io::stdout(), cursor::Show, terminal::LeaveAlternateScreen));
        drop(terminal::disable_raw_mode());
    }
}

fn key_of(event: &Event) -> Option<KeyPress> {
    let key = match event {
        Event::Resize(..) => return Some(KeyPress::Redraw),
        Event::Key(key) if key.kind != KeyEventKind::Release => key,
        _ => return None,
    };
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(KeyPress::Quit),
        KeyCode::Char('q') | KeyCode::Esc => Some(KeyPress::Quit),
        KeyCode::Char(letter) => {
            Column::ALL.into_iter().find(|column| column.letter() == letter).map(KeyPress::Sort)
        }
        KeyCode::Up => Some(KeyPress::Move(Move::Up)),
        KeyCode::Down => Some(KeyPress::Move(Move::Down)),
        KeyCode::PageUp => Some(KeyPress::Move(Move::PageUp)),
        KeyCode::PageDown => Some(KeyPress::Move(Move::PageDown)),
        KeyCode::Home => Some(KeyPress::Move(Move::Top)),
        KeyCode::End => Some(KeyPress::Move(Move::Bottom)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyEvent;

    use super::*;

    #[test]
    fn keys_are_columns_or_the_end() {
        let press = |code, modifiers| key_of(&Event::Key(KeyEvent::new(code, modifiers)));
        let plain = |letter| press(KeyCode::Char(letter), KeyModifiers::NONE);
        assert_eq!(plain('q'), Some(KeyPress::Quit));
        assert_eq!(plain('c'), Some(KeyPress::Sort(Column::Cpu)));
        assert_eq!(press(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(KeyPress::Quit));
        assert_eq!(plain('n'), Some(KeyPress::Sort(Column::Node)));
        assert_eq!(plain('x'), None);
        assert_eq!(press(KeyCode::End, KeyModifiers::NONE), Some(KeyPress::Move(Move::Bottom)));
        assert_eq!(key_of(&Event::Resize(80, 24)), Some(KeyPress::Redraw));
    }
}
