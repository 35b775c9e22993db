//! The settings of a profile: its own, else its parent's, else the global default's, and above
//! all the environment's.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use super::error::ProfileError;
use super::keys::{KEYS, Key, is_structure};
use super::variables::Variables;

/// The key under which the profiles stand.
pub(crate) const PROFILE: &str = "profile";
/// The key of a profile that names its parent.
pub(crate) const PARENT: &str = "parent";

/// Where a value was set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// In this profile of the file.
    Profile(String, PathBuf),
    /// Outside of profiles, in the file.
    Global(PathBuf),
    /// In this environment variable.
    Variable(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile(name, path) => write!(f, "profile {name:?} of {}", path.display()),
            Self::Global(path) => write!(f, "the global default of {}", path.display()),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
        }
    }
}

/// The settings that count for a profile, and where each was set.
#[derive(Clone, Debug, Default)]
pub struct Effective {
    /// The values, by key.
    pub values: Map<String, Json>,
    /// Where each comes from, by key.
    pub sources: HashMap<String, Source>,
}

impl Effective {
    /// Sets what is not set yet; `null` sets nothing.
    fn add(&mut self, values: &Map<String, Json>, source: &Source) {
        for (key, value) in values {
            let key = Key::find(key).map_or(key.as_str(), |key| key.name);
            if is_structure(key) || value.is_null() || self.values.contains_key(key) {
                continue;
            }
            self.values.insert(key.to_owned(), value.clone());
            self.sources.insert(key.to_owned(), source.clone());
        }
    }

    fn set(&mut self, key: &Key, value: Json, variable: String) {
        self.values.insert(key.name.to_owned(), value);
        self.sources.insert(key.name.to_owned(), Source::Variable(variable));
    }

    /// What is wrong with a value, and where it was set.
    pub fn error(&self, key: &Key, problem: String) -> ProfileError {
        let source_name = self.sources.get(key.name).map_or_else(String::new, Source::to_string);
        ProfileError::Setting { key: key.name.to_owned(), about: key.about, source_name, problem }
    }
}

/// Looks a profile up. One that does not exist has the values of the global default.
pub(crate) fn look_up(
    root: &Map<String, Json>,
    path: &Path,
    name: &str,
) -> Result<Effective, ProfileError> {
    let mut effective = Effective::default();
    for ancestor in ancestors(root, path, name)? {
        if let Some(values) = profile_of(root, &ancestor) {
            let source = Source::Profile(ancestor, path.to_owned());
            effective.add(values, &source);
        }
    }
    effective.add(root, &Source::Global(path.to_owned()));
    Ok(effective)
}

/// The profile and its parents, nearest first.
pub(crate) fn ancestors(
    root: &Map<String, Json>,
    path: &Path,
    name: &str,
) -> Result<Vec<String>, ProfileError> {
    let mut chain = vec![name.to_owned()];
    let parent_of = |name: &str| profile_of(root, name)?.get(PARENT)?.as_str().map(str::to_owned);
    while let Some(parent) = chain.last().and_then(|last| parent_of(last)) {
        if chain.contains(&parent) {
            chain.push(parent);
            return Err(ProfileError::Circle { path: path.to_owned(), chain });
        }
        if profile_of(root, &parent).is_none() {
            let profile = chain.pop().unwrap_or_default();
            return Err(ProfileError::NoParent { path: path.to_owned(), profile, parent });
        }
        chain.push(parent);
    }
    Ok(chain)
}

/// The values of a profile itself.
pub(crate) fn profile_of<'a>(
    root: &'a Map<String, Json>,
    name: &str,
) -> Option<&'a Map<String, Json>> {
    root.get(PROFILE)?.get(name)?.as_object()
}

/// What the environment sets counts above all. Gives all variables that are wrong.
pub fn override_by(effective: &mut Effective, environment: &Variables) -> Vec<ProfileError> {
    let mut errors = Vec::new();
    for key in KEYS {
        let is_set = |name: &String| environment.path(name).is_some();
        let variable = Some(key.variable()).filter(is_set);
        let variable = variable.or_else(|| key.former_variable().filter(is_set));
        let variable = variable.unwrap_or_else(|| key.variable());
        let file = format!("{variable}_FILE");
        let (variable, value) = if let Some(text) = environment.text(&variable) {
            (variable, text.and_then(|text| key.read(&text)))
        } else if let Some(path) = environment.path(&file).filter(|_| key.is_private()) {
            (file, key.read_file(&path))
        } else {
            continue;
        };
        match value {
            Ok(value) => effective.set(key, value, variable),
            Err(problem) => errors.push(ProfileError::Setting {
                key: key.name.to_owned(),
                about: key.about,
                source_name: Source::Variable(variable).to_string(),
                problem,
            }),
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn root() -> Map<String, Json> {
        let json = json!({
            "version": 1, "secret": "pZ4vQ8mT2xK7cW9rB5nH3jD6", "seeds": ["g:1"], "monitor_timeout": 10, "own": "kept",
            "profile": {
                "child": { "parent": "mother", "nodeid": "c", "binds": null },
                "mother": { "parent": "granny", "nodeid": "m", "seeds": ["m:1"] },
                "granny": { "seeds": ["gr:1"], "binds": ["*:1"] },
                "a": { "parent": "b" }, "b": { "parent": "a" }, "lost": { "parent": "nobody" },
            },
        });
        json.as_object().expect("an object").clone()
    }

    fn find(name: &str) -> Result<Effective, ProfileError> {
        look_up(&root(), Path::new("/rc"), name)
    }

    #[test]
    fn the_nearest_counts() {
        let found = find("child").expect("found");
        let expected = json!({
            "nodeid": "c", "seeds": ["m:1"], "binds": ["*:1"], "secret": "pZ4vQ8mT2xK7cW9rB5nH3jD6",
            "monitor_timeout": 10, "own": "kept",
        });
        assert_eq!(Json::Object(found.values), expected);
        let source = |key: &str| found.sources[key].to_string();
        assert_eq!(source("seeds"), "profile \"mother\" of /rc");
        assert_eq!(source("secret"), "the global default of /rc");
        let unknown = find("unknown").expect("as the global default");
        assert_eq!(unknown.values["seeds"], json!(["g:1"]));
    }

    #[test]
    fn the_environment_counts_above_all() {
        let file = std::env::temp_dir().join(format!("aemp-secret-{}", std::process::id()));
        std::fs::write(&file, "from a file\n").expect("written");
        let environment = Variables::new([
            ("AEMP_SEEDS", "e:1,e:2"),
            ("AEMP_NODEID", ""),
            ("AEMP_SECRET_FILE", file.to_str().expect("text")),
        ]);
        let mut found = find("child").expect("found");
        assert!(override_by(&mut found, &environment).is_empty());
        assert_eq!(found.values["seeds"], json!(["e:1", "e:2"]));
        assert_eq!(found.values["nodeid"], json!("c"), "an empty variable is not set");
        assert_eq!(found.values["secret"], json!("from a file"));
        std::fs::write(&file, "\r\n").expect("written");
        let errors = override_by(&mut found, &environment);
        assert!(errors[0].to_string().ends_with("is empty"), "{errors:?}");
        std::fs::remove_file(&file).expect("removed");
        let environment = Variables::new([
            ("AEMP_SECRETS_FILE", file.to_str().expect("text")),
            ("AEMP_BINDS", "[1"),
        ]);
        let errors = override_by(&mut found, &environment);
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        assert!(errors[0].contains("AEMP_BINDS: invalid JSON: [1: "), "{errors:?}");
        assert!(errors[1].contains("AEMP_SECRETS_FILE: cannot read"), "{errors:?}");
    }

    #[test]
    fn circles_and_lost_parents_are_errors() {
        let error = find("a").expect_err("a circle").to_string();
        assert!(error.ends_with("are a circle: a → b → a"), "{error}");
        let error = find("lost").expect_err("no parent").to_string();
        assert!(error.contains("has the parent \"nobody\", which does not exist"), "{error}");
    }
}
