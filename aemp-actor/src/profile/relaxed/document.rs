//! What a text in relaxed JSON was.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::profile::error::ProfileError;

/// A line and a column, both from 1; the column counts bytes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// One step from a value to a part of it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Step {
    /// To the value of this key.
    Key(String),
    /// To the element at this index.
    Index(usize),
}

/// Which bytes of the text a value takes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Span {
    /// Where its key begins, or an element of a list itself.
    pub(crate) begin: usize,
    /// The value, its brackets or quotes included.
    pub(crate) value: Range<usize>,
}

/// A text that was read: its value, and where its keys and elements stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    pub(crate) root: Map<String, Value>,
    pub(crate) places: HashMap<Vec<Step>, Place>,
    pub(crate) spans: HashMap<Vec<Step>, Span>,
    /// Numbers that are written otherwise than they would be now: what they are, and the text.
    pub(crate) numbers: HashMap<Vec<Step>, (Value, String)>,
    /// Keys that stand twice in one object: the later one counts.
    pub(crate) twice: Vec<(String, Place)>,
}

/// Why a text cannot be read, and what to do about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SyntaxError {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub hint: &'static str,
}

impl SyntaxError {
    pub(crate) fn in_file(self, path: PathBuf) -> ProfileError {
        let Place { line, column } = self.place;
        ProfileError::Syntax { path, line, column, problem: self.problem, hint: self.hint }
    }
}
