//! Fail points: places where a bug can be switched on, to see whether the tests would find it.
//!
//! `fail_point!` stands where such a bug could really be. Without the feature `fail-points` it is the
//! constant `false`, or the value that it was given, and there is nothing else of this module.

#[cfg(feature = "fail-points")]
mod mutation;
#[cfg(feature = "fail-points")]
mod passage;

#[cfg(feature = "fail-points")]
pub(crate) use mutation::strikes;
#[cfg(feature = "fail-points")]
pub use mutation::{Mutation, arm, bound};
#[cfg(feature = "fail-points")]
pub(crate) use passage::Passage;

/// `fail_point!(NAME)`: whether the bug of that name happens now. `fail_point!(NAME, bound)`: the bound, or
/// another one if the bug happens now. The names are those of `Mutation`.
#[cfg(feature = "fail-points")]
macro_rules! fail_point {
    ($name:ident) => {
        $crate::fail_points::strikes($crate::fail_points::Mutation::$name)
    };
    ($name:ident, $bound:expr) => {
        $crate::fail_points::bound($crate::fail_points::Mutation::$name, $bound)
    };
}

#[cfg(not(feature = "fail-points"))]
macro_rules! fail_point {
    ($name:ident) => {
        false
    };
    ($name:ident, $bound:expr) => {
        $bound
    };
}

pub(crate) use fail_point;
