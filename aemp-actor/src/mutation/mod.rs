//! Bugs that can be switched on, to see whether the tests would find them.
//!
//! Only with the feature `sim`; its twin `stub` does nothing, and the compiler removes it. The
//! hooks are called where such a bug could really be.

mod bug;
mod passage;

pub use bug::Mutation;
pub(crate) use bug::{arm, bound, fresh, strikes};
pub(crate) use passage::Passage;
