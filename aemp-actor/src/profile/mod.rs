//! Profiles: configuration that lives outside of programs, in the Perl implementation's file
//! format.
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
mod editing;
mod error;
mod keys;
mod location;
mod lock;
mod lookup;
mod of_node;
mod profiles;
mod reading;
mod relaxed;
mod saving;
mod security;
mod text;
mod variables;

pub use crate::suggestion::nearest;
pub use error::ProfileError;
pub use profiles::Profiles;

pub use crate::node::host_name;
pub use convert::{flag, json, parts, texts};
pub use keys::{KEYS, Key, Kind, is_structure};
pub use location::locate;
pub use lookup::{Effective, Source, override_by};
pub use reading::{MAX_FILE, read_text};
pub use relaxed::{Place, Step, SyntaxError};
pub use variables::Variables;
