//! One thing that is wrong.

use std::fmt;
use std::path::Path;

use serde_json::json;

use aemp_actor::profile::Place;

/// How bad it is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Severity {
    /// A node with this configuration does not start, or does not do what was meant.
    Error,
    /// It works, but probably something else was meant.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One thing that is wrong: where, what, and what to do about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Problem {
    pub(crate) severity: Severity,
    pub(crate) place: Option<Place>,
    pub(crate) text: String,
    pub(crate) suggestion: String,
}

impl Problem {
    pub(crate) fn error(text: impl Into<String>, suggestion: impl Into<String>) -> Self {
        let (text, suggestion) = (text.into(), suggestion.into());
        Self { severity: Severity::Error, place: None, text, suggestion }
    }

    pub(crate) fn warning(text: impl Into<String>, suggestion: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(text, suggestion) }
    }

    pub(crate) fn at(self, place: Option<Place>) -> Self {
        Self { place, ..self }
    }

    /// The same, of what is called so.
    pub(crate) fn about(self, name: &str) -> Self {
        Self { text: format!("{name}: {}", self.text), ..self }
    }

    /// For people: `FILE:LINE:COLUMN: error: …`.
    pub(crate) fn line(&self, path: &Path) -> String {
        let path = path.display();
        let place = self.place.map(|place| format!("{}:{}:", place.line, place.column));
        let (place, severity, text) = (place.unwrap_or_default(), self.severity, &self.text);
        format!("{path}:{place} {severity}: {text}\n    → {}", self.suggestion)
    }

    /// The same of what is in no file.
    pub(crate) fn without_place(&self) -> String {
        format!("{}: {}\n    → {}", self.severity, self.text, self.suggestion)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        json!({
            "severity": self.severity.to_string(),
            "line": self.place.map(|place| place.line),
            "column": self.place.map(|place| place.column),
            "problem": self.text,
            "suggestion": self.suggestion,
        })
    }
}
