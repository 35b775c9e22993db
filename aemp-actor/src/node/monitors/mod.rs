//! Monitors: what they do, setting them and taking them back, and firing them.
//!
//! They stand in the tables of `monitor`: of the watched port's cell, of the peer where it lives, or of this
//! node for its own node port.

mod action;
mod fire;
mod set;
mod token;

pub(crate) use action::{Action, Watch};
pub use action::{Kil, MonAction, Snd};
pub(crate) use fire::fire;
pub(super) use set::Monitors;
pub(crate) use set::mon_from;
pub use token::{MonGuard, MonToken};
