//! Groups with typed handles: on top of the groups of a node, which know members by their IDs.

mod changes;
mod error;
mod group;
mod handle;
mod request;

pub use changes::{GroupChanges, MembersChange};
pub use error::GroupWaitError;
pub use group::Group;
pub use handle::Handle;
pub use request::GroupRequest;
