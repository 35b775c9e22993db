//! The commands that change the configuration file.

use clap::ArgMatches;
use serde_json::{Map, Value as Json};

use super::check::Problem;
use super::file::ProfileCommand;
use super::key::{Change, KeyCommand};
use super::{Failure, Options, Output, check, program_name, show, stdin};
use aemp_actor::profile::{Key, Kind, Profiles, json, parts, texts};

/// The file while the commands of a line change it.
pub(crate) struct Settings {
    profiles: Profiles,
    /// Which profile the next command is for; `None` is the global default.
    current: Option<String>,
    /// The same, if it does not exist: it is made unless something is only shown of it.
    entered: Option<String>,
    /// What `--profile` said the last time: `profile NAME` behind it counts.
    option: Option<String>,
    /// Profiles that were given a parent.
    adopted: Vec<String>,
    changed: bool,
    /// What is to be said once it is in the file.
    news: Vec<String>,
}

impl Settings {
    pub(crate) fn new(profiles: Profiles) -> Self {
        Self {
            profiles,
            current: None,
            entered: None,
            option: None,
            adopted: Vec::new(),
            changed: false,
            news: Vec::new(),
        }
    }

    /// The profile that `--profile` names on the command line; it is created when something is
    /// set in it.
    pub(crate) fn choose(&mut self, name: &str) -> Result<(), Failure> {
        if self.option.as_deref() != Some(name) {
            not_empty(name)?;
            self.intact(name)?;
            self.option = Some(name.to_owned());
            self.current = Some(name.to_owned());
        }
        Ok(())
    }

    /// Carries a command out; the file is written by [`save`](Self::save).
    pub(crate) fn run(
        &mut self,
        command: &ProfileCommand,
        options: &Options,
    ) -> Result<(), Failure> {
        if command.only_shows() {
            self.entered = None;
        }
        self.make_entered();
        let output = Output::new(options.json);
        match command {
            ProfileCommand::Profile { profile } => self.enter(profile.name.clone())?,
            ProfileCommand::SetParent { parent } => self.set_parent(&parent.name)?,
            ProfileCommand::DelParent => self.unset("parent"),
            ProfileCommand::DelProfile { profile } => self.delete(&profile.name)?,
            ProfileCommand::ShowProfile { profile } => {
                show::profile(&self.profiles, &profile.name, output)?;
            }
            ProfileCommand::ShowConfig { words, sources } => {
                let profile = self.current.as_deref().or(options.profile.as_deref());
                show::config(&self.profiles, words, *sources, profile, output)?;
            }
            ProfileCommand::ShowSecret => {
                let profile = self.current.as_deref().or(options.profile.as_deref());
                show::secret(&self.profiles, profile, output)?;
            }
            ProfileCommand::GenSecret => {
                self.set("secret", aemp_actor::generate_secret());
                if !options.json {
                    self.news.push(self.way_of_the_secret());
                }
            }
            ProfileCommand::GenCert => self.generate_certificate()?,
        }
        Ok(())
    }

    /// The same for a command for one key.
    pub(crate) fn change(&mut self, command: &KeyCommand) -> Result<(), Failure> {
        self.make_entered();
        let KeyCommand { key, change, arguments } = command;
        match change {
            Change::Set => {
                let value = value_of(key, arguments)?;
                key.check(&value).map_err(|problem| wrong(key, &problem))?;
                self.set(key.name, value);
            }
            Change::Remove => self.unset(key.name),
            Change::AddElement | Change::RemoveElement => {
                let add = *change == Change::AddElement;
                if key.is_private() {
                    let secrets = stdin::secret(key, arguments)?;
                    self.change_secrets(key, secrets, add).map_err(|text| wrong(key, &text))?;
                    return Ok(());
                }
                let word = arguments.get_one::<String>("ELEMENT").cloned().unwrap_or_default();
                self.change_elements(key, &word, add).map_err(|problem| wrong(key, &problem))?;
            }
        }
        Ok(())
    }

    /// How a secret that was generated comes to the other machines.
    fn way_of_the_secret(&self) -> String {
        let (path, program) = (self.profiles.path().display(), program_name());
        let (whose, profile) = match &self.current {
            None => (String::new(), String::new()),
            Some(name) => (format!(", profile {name:?}"), format!("profile {name} ")),
        };
        format!(
            "the secret is in {path}{whose}\n\
             Every node of the network needs it. To give it to another machine:\n  {program} {profile}showsecret | ssh HOST {program} {profile}setsecret -"
        )
    }

    fn set(&mut self, key: &str, value: impl serde::Serialize) {
        self.profiles.set(self.current.as_deref(), key, value);
        self.changed = true;
    }

    fn unset(&mut self, key: &str) {
        self.changed |= self.profiles.unset(self.current.as_deref(), key);
    }

    fn enter(&mut self, name: String) -> Result<(), Failure> {
        not_empty(&name)?;
        self.intact(&name)?;
        if self.profiles.values(Some(&name)).is_none() {
            self.entered = Some(name.clone());
        }
        self.current = Some(name);
        Ok(())
    }

    /// What stands where the profile should be is not replaced.
    fn intact(&self, name: &str) -> Result<(), Failure> {
        let problem = match self.profiles.values(None).and_then(|root| root.get("profile")) {
            None => return Ok(()),
            Some(Json::Object(all)) => match all.get(name) {
                None | Some(Json::Object(_)) => return Ok(()),
                Some(_) => check::no_object(name),
            },
            Some(_) => check::no_profiles(),
        };
        let (path, Problem { text, suggestion, .. }) = (self.profiles.path().display(), problem);
        Err(Failure::Config(format!("{path}: {text}: {suggestion}")))
    }

    fn make_entered(&mut self) {
        if let Some(name) = self.entered.take() {
            self.profiles.add_profile(&name);
            self.changed = true;
        }
    }

    fn set_parent(&mut self, parent: &str) -> Result<(), Failure> {
        let Some(current) = self.current.clone() else {
            let text = "setparent is for a profile: aemp profile NAME setparent PARENT";
            return Err(Failure::Usage(text.to_owned()));
        };
        not_empty(parent)?;
        self.set("parent", parent);
        // The parent may be made by a later command of the line.
        self.adopted.push(current);
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
        let pem = aemp_actor::generate_certificate(plain.as_deref().unwrap_or(check::SHARED))
            .map_err(|error| Failure::Failed(error.to_string()))?;
        self.set("cert", pem);
        Ok(())
    }

    fn change_elements(&mut self, key: &Key, word: &str, add: bool) -> Result<(), String> {
        let before: Json =
            self.profiles.value(self.current.as_deref(), key.name).unwrap_or_default();
        let after = match key.kind {
            Kind::Table => Json::from(changed_table(&before, word, add)?),
            _ => Json::from(changed_list(key.kind, &before, elements(word)?, add)?),
        };
        self.set_elements(key, (before, after), add, word)
    }

    fn change_secrets(&mut self, key: &Key, secrets: Json, add: bool) -> Result<(), String> {
        let before: Json =
            self.profiles.value(self.current.as_deref(), key.name).unwrap_or_default();
        let secrets = texts(&secrets)?.into_iter().map(Json::from).collect();
        let after = Json::from(changed_list(key.kind, &before, secrets, add)?);
        self.set_elements(key, (before, after), add, "the secret")
    }

    fn set_elements(
        &mut self,
        key: &Key,
        (before, after): (Json, Json),
        add: bool,
        what: &str,
    ) -> Result<(), String> {
        if add {
            key.check(&after)?;
        } else if before == after || (before.is_null() && is_empty(&after)) {
            // Nothing is wrong, as in the Perl implementation.
            Output::new(false).note(&format!("{what} is not in the {} here", key.name));
            return Ok(());
        }
        self.set(key.name, after);
        Ok(())
    }

    /// Writes the file if something was changed, for a command that joins the network; gives the
    /// profile that was entered.
    pub(crate) fn leave(mut self) -> Result<Option<String>, Failure> {
        self.entered = None;
        self.save()?;
        Ok(self.current)
    }

    /// Writes the file if something was changed.
    pub(crate) fn save(&mut self) -> Result<(), Failure> {
        self.make_entered();
        for name in std::mem::take(&mut self.adopted) {
            // A circle, or a parent that does not exist.
            self.profiles.ancestors(&name)?;
        }
        if std::mem::take(&mut self.changed) {
            self.profiles.save()?;
        }
        for news in std::mem::take(&mut self.news) {
            Output::new(false).note(&news);
        }
        Ok(())
    }
}

fn not_empty(profile: &str) -> Result<(), Failure> {
    if profile.is_empty() {
        return Err(Failure::Usage("the name of a profile must not be empty".to_owned()));
    }
    Ok(())
}

fn value_of(key: &Key, arguments: &ArgMatches) -> Result<Json, Failure> {
    if key.kind == Kind::Pem {
        let path = arguments.get_one::<std::path::PathBuf>("FILE").cloned().unwrap_or_default();
        return stdin::file(&path)
            .map(Json::from)
            .map_err(|error| Failure::Failed(format!("cannot read {}: {error}", path.display())));
    }
    if key.is_private() {
        return stdin::secret(key, arguments);
    }
    let word = arguments.get_one::<String>("VALUE").cloned().unwrap_or_default();
    key.read(&word).map_err(|problem| wrong(key, &problem))
}

/// The elements that a word names: JSON is one; a text, those between its commas.
fn elements(word: &str) -> Result<Vec<Json>, String> {
    let elements = match json(word)? {
        Some(element) => vec![element],
        None => parts(word).into_iter().map(Json::from).collect(),
    };
    if elements.is_empty() {
        return Err("an element must not be empty".to_owned());
    }
    Ok(elements)
}

/// As in the Perl implementation an address is in a list once, and a service as often as it is
/// added.
fn changed_list(
    kind: Kind,
    before: &Json,
    elements: Vec<Json>,
    add: bool,
) -> Result<Vec<Json>, String> {
    let mut list = match before {
        Json::Null => Vec::new(),
        Json::Array(list) => list.clone(),
        other => texts(other)?.into_iter().map(Json::from).collect(),
    };
    for element in elements {
        if kind != Kind::Services {
            list.retain(|other| *other != element);
        } else if !add && let Some(at) = list.iter().position(|other| same(other, &element)) {
            list.remove(at);
        }
        if add {
            list.push(element);
        }
    }
    Ok(list)
}

/// A service without arguments may be written in two ways.
fn same(a: &Json, b: &Json) -> bool {
    let alone = |service: &Json| match service.as_array().map(Vec::as_slice) {
        Some([name]) => name.clone(),
        _ => service.clone(),
    };
    alone(a) == alone(b)
}

fn changed_table(before: &Json, word: &str, add: bool) -> Result<Map<String, Json>, String> {
    let mut table = match before {
        Json::Null => Map::new(),
        Json::Object(table) => table.clone(),
        other => return Err(format!("it is not an object: {other}")),
    };
    if add {
        let Some(Json::Object(new)) = json(word)? else {
            return Err(format!("an object is needed: {{\"NAME\": …}}, not {word}"));
        };
        table.extend(new);
    } else {
        table.shift_remove(word);
    }
    Ok(table)
}

fn is_empty(value: &Json) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

fn wrong(key: &Key, problem: &str) -> Failure {
    Failure::Usage(format!("{}: {problem}", key.name))
}
