//! The commands that change the configuration file.

use std::io::Read;
use std::path::Path;

use clap::ArgMatches;
use serde_json::Value as Json;

use super::args::element_of;
use super::{Failure, Output, show};
use crate::config::{KEYS, Key, Kind, Profiles};
use crate::node::Config;

/// The file while the commands of a line change it.
pub(crate) struct Settings {
    profiles: Profiles,
    /// Which profile the next command is for; `None` is the global default.
    current: Option<String>,
    changed: bool,
}

/// Whom a certificate is made out for that all nodes share, as in the reference.
const CERTIFICATE: &str = "AnyEvent::MP";

/// What a command does with a key.
enum Change {
    Set,
    Remove,
    AddElement,
    RemoveElement,
}

impl Settings {
    pub(crate) fn new(profiles: Profiles) -> Self {
        Self { profiles, current: None, changed: false }
    }

    /// Whether the command is one of these.
    pub(crate) fn knows(name: &str) -> bool {
        let others = [
            "profile",
            "setparent",
            "delparent",
            "delprofile",
            "showprofile",
            "showconfig",
            "gensecret",
            "gencert",
        ];
        others.contains(&name) || change_of(name).is_some()
    }

    /// Carries a command out; the file is written by [`save`](Self::save).
    pub(crate) fn run(
        &mut self,
        name: &str,
        arguments: &ArgMatches,
        output: Output,
    ) -> Result<(), Failure> {
        let text = |id: &str| arguments.get_one::<String>(id).cloned().unwrap_or_default();
        match name {
            "profile" => self.enter(text("NAME"))?,
            "setparent" => self.set_parent(&text("NAME"))?,
            "delparent" => self.unset("parent"),
            "delprofile" => self.delete(&text("NAME"))?,
            "showprofile" => show::profile(&self.profiles, &text("NAME"), output)?,
            "showconfig" => {
                let words: Vec<String> =
                    arguments.get_many("NAME").unwrap_or_default().cloned().collect();
                show::config(&self.profiles, &words, output)?;
            }
            "gensecret" => self.set("secret", Config::new().chance.text(64)),
            "gencert" => self.generate_certificate()?,
            _ => self.change(name, arguments)?,
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: impl serde::Serialize) {
        self.profiles.set(self.current.as_deref(), key, value);
        self.changed = true;
    }

    fn unset(&mut self, key: &str) {
        self.changed |= self.profiles.unset(self.current.as_deref(), key);
    }

    fn enter(&mut self, name: String) -> Result<(), Failure> {
        if name.is_empty() {
            return Err(Failure::Usage("the name of a profile must not be empty".to_owned()));
        }
        if self.profiles.values(Some(&name)).is_none() {
            self.profiles.add_profile(&name);
            self.changed = true;
        }
        self.current = Some(name);
        Ok(())
    }

    fn set_parent(&mut self, parent: &str) -> Result<(), Failure> {
        let Some(current) = self.current.clone() else {
            let text = "setparent is for a profile: aemp profile NAME setparent PARENT";
            return Err(Failure::Usage(text.to_owned()));
        };
        self.set("parent", parent);
        // A circle, or a parent that does not exist.
        self.profiles.effective(&current)?;
        Ok(())
    }

    fn delete(&mut self, name: &str) -> Result<(), Failure> {
        if !self.profiles.remove_profile(name) {
            return Err(show::no_profile(&self.profiles, name));
        }
        self.changed = true;
        Ok(())
    }

    /// One for the node ID of the profile, if that is a plain one; else one for all nodes.
    fn generate_certificate(&mut self) -> Result<(), Failure> {
        let nodeid: Option<String> = self.profiles.value(self.current.as_deref(), "nodeid");
        let plain = nodeid.filter(|id| !id.contains('%') && !id.ends_with('/'));
        let pem = aemp_transport::generate_certificate(plain.as_deref().unwrap_or(CERTIFICATE))
            .map_err(|error| Failure::Failed(error.to_string()))?;
        self.set("cert", pem);
        Ok(())
    }

    fn change(&mut self, name: &str, arguments: &ArgMatches) -> Result<(), Failure> {
        let (key, change) =
            change_of(name).ok_or_else(|| Failure::Usage(format!("there is no command {name}")))?;
        match change {
            Change::Set => {
                let value = value_of(key, arguments)?;
                key.check(&value).map_err(|problem| wrong(key, &problem))?;
                self.set(key.name, value);
            }
            Change::Remove => self.unset(key.name),
            Change::AddElement | Change::RemoveElement => {
                let word = arguments.get_one::<String>("ELEMENT").cloned().unwrap_or_default();
                let element = element(&word).map_err(|problem| wrong(key, &problem))?;
                self.change_element(key, element, matches!(change, Change::AddElement))?;
            }
        }
        Ok(())
    }

    /// As in the reference an address is in a list once, and a service as often as it is added.
    fn change_element(&mut self, key: &Key, element: Json, add: bool) -> Result<(), Failure> {
        let current = self.current.as_deref();
        let mut list: Vec<Json> = self.profiles.value(current, key.name).unwrap_or_default();
        let before = list.clone();
        if key.kind == Kind::Services {
            if !add && let Some(at) = list.iter().position(|other| *other == element) {
                list.remove(at);
            }
        } else {
            list.retain(|other| *other != element);
        }
        if add {
            list.push(element);
            key.check(&Json::from(list.clone())).map_err(|problem| wrong(key, &problem))?;
        } else if list == before {
            return Err(Failure::Failed(format!("{element} is not in the {} here", key.name)));
        }
        self.set(key.name, list);
        Ok(())
    }

    /// Writes the file if something was changed; gives the profile that was entered.
    pub(crate) fn save(&mut self) -> Result<Option<String>, Failure> {
        if std::mem::take(&mut self.changed) {
            self.profiles.save()?;
        }
        Ok(self.current.clone())
    }
}

/// What a command does, by its name: `set`, `del` or `add`, and a key.
fn change_of(name: &str) -> Option<(&'static Key, Change)> {
    for key in KEYS {
        if let Some(verb) = name.strip_suffix(key.name) {
            match verb {
                "set" => return Some((key, Change::Set)),
                "del" => return Some((key, Change::Remove)),
                _ => {}
            }
        }
        match element_of(key).and_then(|element| name.strip_suffix(element)) {
            Some("add") => return Some((key, Change::AddElement)),
            Some("del") => return Some((key, Change::RemoveElement)),
            _ => {}
        }
    }
    None
}

fn value_of(key: &Key, arguments: &ArgMatches) -> Result<Json, Failure> {
    if key.kind == Kind::Pem {
        let path = arguments.get_one::<std::path::PathBuf>("FILE").cloned().unwrap_or_default();
        return read_file(&path)
            .map(Json::from)
            .map_err(|error| Failure::Failed(format!("cannot read {}: {error}", path.display())));
    }
    let word = arguments.get_one::<String>("VALUE").cloned().unwrap_or_default();
    key.read(&word).map_err(|problem| wrong(key, &problem))
}

fn read_file(path: &Path) -> std::io::Result<String> {
    if path != Path::new("-") {
        return std::fs::read_to_string(path);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

/// One element: JSON if it looks like it, else a text.
fn element(word: &str) -> Result<Json, String> {
    if word.starts_with(['[', '{', '"']) {
        return serde_json::from_str(word).map_err(|error| format!("this is no JSON: {error}"));
    }
    Ok(Json::from(word))
}

fn wrong(key: &Key, problem: &str) -> Failure {
    Failure::Usage(format!("{}: {problem}", key.name))
}
