//! The configuration file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use super::error::ProfileError;
use super::keys::Key;
use super::lock::{Lock, PATIENCE};
use super::lookup::{self, Effective, PROFILE};
use super::relaxed::{self, Document, Place, Step, SyntaxError};
use super::variables::Variables;
use super::{editing, location, reading, saving, text};

/// The profiles of a configuration file, as they were when it was opened.
///
/// A file that does not exist has none. The file is the Perl implementation's: see the chapter on
/// configuration in the guide.
#[derive(Clone, Debug)]
pub struct Profiles {
    path: PathBuf,
    pub(super) document: Document,
    pub(super) environment: Variables,
    /// What the file was when it was read or written the last time; `None`: it was not there.
    bytes: Option<Vec<u8>>,
    /// So that nobody else changes the file meanwhile.
    lock: Option<Arc<Lock>>,
}

impl Profiles {
    /// Reads the configuration file: the one that the environment variable `AEMP_RC` names, else
    /// `PERL_ANYEVENT_MP_RC`, else `aemp/config.json` in `$XDG_CONFIG_HOME` (`$HOME/.config`).
    ///
    /// Variables variables, such as `AEMP_SEEDS`, override what the file says.
    ///
    /// # Errors
    /// When the file exists and cannot be read; the text says where and why. A file of more than
    /// 16 MiB, and what is not a regular file (a device, a pipe, a folder), is not read.
    pub fn open() -> Result<Self, ProfileError> {
        let environment = Variables::of_process();
        Self::open_in(location::locate(&environment)?, environment)
    }

    /// Reads this file; the environment overrides nothing.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_at(path: impl Into<PathBuf>) -> Result<Self, ProfileError> {
        Self::open_in(path.into(), Variables::default())
    }

    /// The same as [`open`](Self::open), while no other process of ours changes the file. It is
    /// waited for one that does, but not longer than this.
    pub fn open_to_change(patience: std::time::Duration) -> Result<Self, ProfileError> {
        let environment = Variables::of_process();
        let path = location::locate(&environment)?;
        let lock = Lock::wait(&path, patience)?;
        Ok(Self { lock: Some(Arc::new(lock)), ..Self::open_in(path, environment)? })
    }

    pub(crate) fn open_in(path: PathBuf, environment: Variables) -> Result<Self, ProfileError> {
        let (profiles, errors) = Self::open_with_errors(path, environment)?;
        match errors.into_iter().next() {
            None => Ok(profiles),
            Some(error) => Err(error.in_file(profiles.path)),
        }
    }

    /// Reads what can be read of a file, and tells all mistakes in its text.
    pub fn open_with_errors(
        path: PathBuf,
        environment: Variables,
    ) -> Result<(Self, Vec<SyntaxError>), ProfileError> {
        let bytes = match reading::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => return Err(ProfileError::Read { path, error }),
        };
        let (document, errors) = match &bytes {
            Some(bytes) => relaxed::read(bytes),
            None => (Document::default(), Vec::new()),
        };
        Ok((Self { path, document, environment, bytes, lock: None }, errors))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the profiles, in the order of the file.
    pub fn names(&self) -> Vec<&str> {
        let profiles = self.document.root.get(PROFILE).and_then(Json::as_object);
        profiles.into_iter().flat_map(Map::keys).map(String::as_str).collect()
    }

    /// The profile and its parents, nearest first.
    pub fn ancestors(&self, name: &str) -> Result<Vec<String>, ProfileError> {
        lookup::ancestors(&self.document.root, &self.path, name)
    }

    /// The settings that count for this profile.
    pub fn effective(&self, name: &str) -> Result<Effective, ProfileError> {
        let mut effective = lookup::look_up(&self.document.root, &self.path, name)?;
        match lookup::override_by(&mut effective, &self.environment).into_iter().next() {
            None => Ok(effective),
            Some(error) => Err(error),
        }
    }
}

/// Changes.
impl Profiles {
    /// A value as it stands in the file: of a profile itself, or (`None`) of the global default.
    /// `None` as well when it has another type.
    pub fn value<T: DeserializeOwned>(&self, profile: Option<&str>, key: &str) -> Option<T> {
        T::deserialize(self.values(profile)?.get(key)?).ok()
    }

    /// Sets a value of a profile, or (`None`) of the global default. A profile that is missing is
    /// created; `key` may be anything, keys that nobody knows are kept. Nothing is written before
    /// [`save`](Self::save).
    ///
    /// # Panics
    /// When `value` cannot be serialised as JSON.
    #[track_caller]
    pub fn set(&mut self, profile: Option<&str>, key: &str, value: impl Serialize) {
        let value = serde_json::to_value(value).expect("a setting serialises");
        if let Some(former) = Key::find(key).and_then(Key::former_name) {
            self.values_mut(profile).shift_remove(former);
        }
        self.values_mut(profile).insert(key.to_owned(), value);
    }

    /// Removes a value, so that it is inherited; gives whether there was one.
    pub fn unset(&mut self, profile: Option<&str>, key: &str) -> bool {
        let former = Key::find(key).and_then(Key::former_name);
        let mut was_there = false;
        for key in [Some(key), former].into_iter().flatten() {
            let there = self.values(profile).is_some_and(|values| values.contains_key(key));
            was_there |= there && self.values_mut(profile).shift_remove(key).is_some();
        }
        was_there
    }

    /// Creates a profile without values, unless it exists.
    pub fn add_profile(&mut self, name: &str) {
        self.values_mut(Some(name));
    }

    /// Removes a profile; gives whether there was one.
    pub fn remove_profile(&mut self, name: &str) -> bool {
        let profiles = self.document.root.get_mut(PROFILE).and_then(Json::as_object_mut);
        profiles.is_some_and(|profiles| profiles.shift_remove(name).is_some())
    }

    /// Writes the file: completely or not at all, readable by its owner only. Its folder is
    /// created when it is missing. What the file was before is kept beside it, with a `~` at the
    /// end of its name. The text is changed where values have changed, and nowhere else: comments, unknown
    /// keys, the order of all keys and the layout stay as they were. A comment goes with the value that it
    /// is behind or in, when that is removed or replaced.
    ///
    /// Nobody's changes are lost: one process writes at a time, others wait for it (10 s at the
    /// most), and when the file has changed since it was read, that is an error. The calling thread
    /// is blocked meanwhile.
    ///
    /// # Errors
    /// When the system refuses, or somebody else has changed the file; it is then as it was.
    pub fn save(&mut self) -> Result<(), ProfileError> {
        let _lock = match &self.lock {
            Some(lock) => Arc::clone(lock),
            None => Arc::new(Lock::wait(&self.path, PATIENCE)?),
        };
        let wrong = |error| ProfileError::Write { path: self.path.clone(), error };
        let there = reading::read(&self.path).map_err(wrong)?;
        if there != self.bytes {
            return Err(ProfileError::Changed { path: self.path.clone() });
        }
        // The Perl implementation writes it; nobody reads it so far.
        self.document.root.entry("version").or_insert(Json::from(1));
        let text = self.text();
        saving::save(&self.path, &text).map_err(wrong)?;
        // Where everything is now.
        self.document = relaxed::read(text.as_bytes()).0;
        self.bytes = Some(text.into_bytes());
        Ok(())
    }

    /// What the file is to be. Only what cannot be edited is written anew: an empty file, one without an
    /// object, or one that has a key twice.
    fn text(&self) -> String {
        let before = self.bytes.as_deref().unwrap_or_default();
        editing::edited(before, &self.document.root).unwrap_or_else(|| {
            let comments = match self.document.spans.is_empty() {
                true => String::from_utf8_lossy(before).trim().to_owned(),
                false => String::new(),
            };
            let gap = if comments.is_empty() { "" } else { "\n" };
            format!("{comments}{gap}{}", text::text_of(&self.document))
        })
    }

    /// Where in the file the value at the end of this path stands.
    pub fn place(&self, path: &[Step]) -> Option<Place> {
        self.document.places.get(path).copied()
    }

    /// The keys that stand twice in one object of the file: the later one counts.
    pub fn repeated_keys(&self) -> &[(String, Place)] {
        &self.document.twice
    }

    /// The values of a profile itself, or (`None`) of the whole file: the global default, and
    /// `profile` with the profiles.
    pub fn values(&self, profile: Option<&str>) -> Option<&Map<String, Json>> {
        match profile {
            None => Some(&self.document.root),
            Some(name) => lookup::profile_of(&self.document.root, name),
        }
    }

    /// The same, to change them. What stands where a profile should be is replaced.
    fn values_mut(&mut self, profile: Option<&str>) -> &mut Map<String, Json> {
        let root = &mut self.document.root;
        match profile {
            None => root,
            Some(name) => object_in(object_in(root, PROFILE), name),
        }
    }
}

fn object_in<'a>(map: &'a mut Map<String, Json>, key: &str) -> &'a mut Map<String, Json> {
    let value = map.entry(key).or_insert(Json::Null);
    if !value.is_object() {
        *value = Json::Object(Map::new());
    }
    value.as_object_mut().expect("it was made an object")
}
