//! Other actor crates side by side, if the feature `peers` is on; a stub with the same names if
//! not.

#[cfg(feature = "peers")]
mod kameo;
#[cfg(feature = "peers")]
mod ractor;
#[cfg(feature = "peers")]
mod real;
#[cfg(not(feature = "peers"))]
mod stub;

#[cfg(feature = "peers")]
pub(crate) use real::{IDLE, idle, requests, sends};
#[cfg(not(feature = "peers"))]
pub(crate) use stub::{IDLE, idle, requests, sends};
