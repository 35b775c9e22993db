//! Groups: ports under a name that every node of the mesh can look up.
//!
//! The table is plain data; it is kept by the mesh, which tells the nodes of each other's
//! registrations, and changes are told to monitors in the order they happened.

mod by_key;
mod change;
mod members;
mod pick;
mod table;

pub use change::GroupChange;
pub use members::Members;
pub use pick::Pick;
pub(crate) use table::{GroupTable, LONGEST_NAME, Refused, Registrations};
