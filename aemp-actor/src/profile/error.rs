//! What can go wrong with profiles.

use std::path::PathBuf;
use std::time::Duration;

/// A configuration file or an environment variable that is wrong.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// Nothing says where the configuration file is.
    #[error("no configuration file: set AEMP_RC to its path, or HOME")]
    NoPath,
    /// The file cannot be read. It is not changed then.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file is not what it should be. It is not changed then.
    #[error("{}:{line}:{column}: {problem}: {hint}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in bytes.
        column: usize,
        /// What is wrong.
        problem: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// The file cannot be written. It is then as it was.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Somebody else is changing the file, and takes too long.
    #[error("another process is changing the file and has {} for {patience:?}: try again", path.display())]
    Busy {
        /// What that process has locked.
        path: PathBuf,
        /// How long it was waited for.
        patience: Duration,
    },
    /// Somebody else has changed the file since it was read. It is as they made it.
    #[error("{} was changed by somebody else since it was read: read it again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A setting has a value that it cannot have.
    #[error("{key} ({about}), set by {source_name}: {problem}")]
    Setting {
        /// The key.
        key: String,
        /// What the key is for.
        about: &'static str,
        /// Where it was set: a profile of a file, or an environment variable.
        source_name: String,
        /// What is wrong.
        problem: String,
    },
    /// A profile names a parent that there is not.
    #[error(
        "profile {profile:?} of {} has the parent {parent:?}, which does not exist: create it, \
         or change the parent with aemp profile {profile} setparent NAME", path.display()
    )]
    NoParent {
        /// The file.
        path: PathBuf,
        /// The profile.
        profile: String,
        /// Its parent.
        parent: String,
    },
    /// A profile is its own ancestor.
    #[error("the parents of profile {:?} of {} are a circle: {}", chain[0], path.display(), chain.join(" → "))]
    Circle {
        /// The file.
        path: PathBuf,
        /// The profile, its parent and so on; the last one is in the list before.
        chain: Vec<String>,
    },
}
