//! The Perl implementation's relaxed JSON: comments from `#` to the end of the line, a comma after
//! the last element, and tabs in texts. Knows where everything stands.

mod document;
mod parser;
mod scalars;

pub(crate) use document::{Document, Span};
pub use document::{Place, Step, SyntaxError};
#[cfg(test)]
pub(crate) use parser::parse;
pub(crate) use parser::read;
