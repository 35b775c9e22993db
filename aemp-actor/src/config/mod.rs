//! Profiles: configuration that lives outside of programs, in the reference's file format.
//!
//! ```text
//!   location ─▶ relaxed ─▶ Profiles ─▶ lookup ─▶ keys ─▶ Config
//!   which file   text      the file    profile    one line for
//!                          (text,      → parents  each key
//!                          saving)     → global
//! ```
//!
//! What a node makes of its settings is in `node/config`.

mod addresses;
mod convert;
mod environment;
mod error;
mod keys;
mod location;
mod lock;
mod lookup;
mod nodeid;
mod profile;
mod profiles;
mod reading;
mod relaxed;
mod saving;
mod security;
mod service;
mod text;

pub use error::ProfileError;
pub(crate) use nodeid::{expand, host_name};
pub use profiles::Profiles;
pub(crate) use service::Service;

#[cfg(feature = "cli")]
pub(crate) use {
    convert::{flag, json, parts, texts},
    environment::Environment,
    keys::{KEYS, Key, Kind, is_structure, set_seeds},
    location::locate,
    lookup::{Effective, Source, override_by},
    reading::{MAX_FILE, read_text},
    relaxed::{Place, Step, SyntaxError},
};
