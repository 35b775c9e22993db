//! [`Data`]: what a node knows of data connections.

use aemp_transport::AdmissionLimit;

use super::expectations::Expectations;
use super::functions::Functions;
use crate::id::NodeId;

/// What a node knows of data connections.
pub(crate) struct Data {
    /// Who takes them.
    pub(super) functions: Functions,
    /// Which are to come.
    pub(super) expectations: Expectations,
    /// Those that other nodes have asked for, by node: expected and open ones.
    pub(super) admissions: AdmissionLimit<NodeId>,
}

impl Data {
    /// Another node may have so many here.
    pub(crate) fn new(limit_per_node: usize) -> Self {
        Self {
            functions: Functions::default(),
            expectations: Expectations::default(),
            admissions: AdmissionLimit::fixed(usize::MAX, limit_per_node),
        }
    }

    /// The node is shut down.
    pub(crate) fn close(&self) {
        self.expectations.clear();
    }
}
