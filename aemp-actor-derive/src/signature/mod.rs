//! What handlers and init functions have in common: their parameters and their results.
//!
//! Types are recognised by their last name only (`Ctx`, `Rest`, `Result<_, Die>`): a macro sees
//! tokens, not types. Whatever else the user means by such a name is found by the compiler, at the
//! same tokens.

mod check;
mod decoding;
mod input;
mod output;
mod qualifier;
mod types;

pub(crate) use check::Check;
pub(crate) use input::{Argument, Inputs, Reading};
pub(crate) use output::Output;
pub(crate) use qualifier::refuse_qualifiers;
pub(crate) use types::{Taken, bare, borrowed, is_named, is_unit, last_segment, type_arguments};
