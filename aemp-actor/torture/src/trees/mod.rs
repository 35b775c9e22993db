//! Trees of supervisors under fire: children on several nodes, cuts, partitions, crashes and restarts. After
//! the last fault the tree is as its rules say, within a bounded time, and nothing runs beside it; and then each
//! further death starts again exactly those that it should, in order.

mod probe;
mod restarts;
mod tree;
mod worker;

pub use tree::torture_trees;
