//! What other nodes may ask of this one. Decisions only; who asks, and what becomes of what was
//! refused, is said in `requests` and `inbound`.

mod rights;
mod rules;

pub use rights::Rights;
pub use rules::Access;
