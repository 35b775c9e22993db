//! What a run has shown, as JSON, as charts and as tables.

mod bars;
mod book;
mod lines;
mod results;
mod svg;

pub(crate) use self::results::Results;
