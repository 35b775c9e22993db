//! [`Data`]: what a node knows of data connections.

use super::expectations::Expectations;
use super::functions::Functions;
use super::seats::Seats;

/// What a node knows of data connections.
#[derive(Default)]
pub(crate) struct Data {
    /// Who takes them.
    pub(super) functions: Functions,
    /// Which are to come.
    pub(super) expectations: Expectations,
    /// How many there are, by node.
    pub(super) seats: Seats,
}

impl Data {
    /// The node is shut down.
    pub(crate) fn close(&self) {
        self.expectations.clear();
    }
}
