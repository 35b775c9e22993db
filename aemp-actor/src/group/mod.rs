//! Groups: ports under a name that every node of the mesh can look up.
//!
//! The table is plain data; it is kept by the mesh, which tells the nodes of each other's
//! registrations, and changes are told to monitors in the order they happened.

mod change;
mod events;
mod pick;
mod table;
mod token;

pub use change::GroupChange;
pub use events::GroupEvents;
pub(crate) use events::Unread;
pub use pick::Pick;
pub(crate) use pick::Picker;
pub(crate) use table::GroupTable;
pub use token::{GroupError, GrpGuard, GrpMonToken, GrpToken};
