//! The configuration file.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use super::environment::Environment;
use super::error::ProfileError;
use super::lookup::{self, Effective, PROFILE};
use super::relaxed::{self, Document};
use super::{location, saving};

/// The profiles of a configuration file, as they were when it was opened.
///
/// A file that does not exist has none. The file is the reference's: see the chapter on
/// configuration in the guide.
#[derive(Clone, Debug)]
pub struct Profiles {
    path: PathBuf,
    pub(crate) document: Document,
    pub(crate) environment: Environment,
}

impl Profiles {
    /// Reads the configuration file: the one that the environment variable `AEMP_RC` names, else
    /// `PERL_ANYEVENT_MP_RC`, else `aemp/config.json` in `$XDG_CONFIG_HOME` (`$HOME/.config`).
    ///
    /// Environment variables, such as `AEMP_SEEDS`, override what the file says.
    ///
    /// # Errors
    /// When the file exists and cannot be read; the text says where and why.
    pub fn open() -> Result<Self, ProfileError> {
        let environment = Environment::of_process();
        Self::open_in(location::locate(&environment)?, environment)
    }

    /// Reads this file; the environment overrides nothing.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_at(path: impl Into<PathBuf>) -> Result<Self, ProfileError> {
        Self::open_in(path.into(), Environment::default())
    }

    pub(crate) fn open_in(path: PathBuf, environment: Environment) -> Result<Self, ProfileError> {
        let text = match std::fs::read(&path) {
            Ok(octets) => String::from_utf8(octets).map_err(|error| {
                let error =
                    std::io::Error::new(std::io::ErrorKind::InvalidData, error.utf8_error());
                ProfileError::Read { path: path.clone(), error }
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(ProfileError::Read { path, error }),
        };
        let document = relaxed::parse(&text).map_err(|error| ProfileError::Syntax {
            path: path.clone(),
            line: error.place.line,
            column: error.place.column,
            problem: error.problem,
            hint: error.hint,
        })?;
        Ok(Self { path, document, environment })
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

    /// The settings that count for this profile.
    pub(crate) fn effective(&self, name: &str) -> Result<Effective, ProfileError> {
        let mut effective = lookup::look_up(&self.document.root, &self.path, name)?;
        lookup::override_by(&mut effective, &self.environment)?;
        Ok(effective)
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
    pub fn set(&mut self, profile: Option<&str>, key: &str, value: impl Serialize) {
        let value = serde_json::to_value(value).expect("a setting serialises");
        self.values_mut(profile).insert(key.to_owned(), value);
    }

    /// Removes a value, so that it is inherited; gives whether there was one.
    pub fn unset(&mut self, profile: Option<&str>, key: &str) -> bool {
        self.values_mut(profile).shift_remove(key).is_some()
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
    /// end of its name. Comments are lost, as with the reference; unknown keys and the order of
    /// all keys are kept.
    ///
    /// # Errors
    /// When the system refuses; the file is then as it was.
    pub fn save(&self) -> Result<(), ProfileError> {
        let mut root = self.document.root.clone();
        // The reference writes it; nobody reads it so far.
        root.entry("version").or_insert(Json::from(1));
        saving::save(&self.path, &root)
            .map_err(|error| ProfileError::Write { path: self.path.clone(), error })
    }

    /// The values of a profile itself, or of the global default.
    pub(crate) fn values(&self, profile: Option<&str>) -> Option<&Map<String, Json>> {
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
