//! A profile becomes the settings of a node.

use super::error::ProfileError;
use super::keys::KEYS;
use super::profiles::Profiles;
use crate::node::{Config, host_name};

/// Settings from outside of the program: see [`Profiles`].
impl Config {
    /// Takes the settings of a profile of the configuration file.
    ///
    /// The profile's own values count most, then those of its parents, then the global default of
    /// the file, then what was set before this call: as in the Perl implementation, a program's own
    /// settings are only the defaults. What is set after this call counts in any case. Variables
    /// variables (`AEMP_NODEID`, `AEMP_SEEDS`, …) override the file.
    ///
    /// A profile that does not exist has the values of the global default, and a warning is logged.
    /// Without a node ID the
    /// name of the profile is the node ID (name it `NAME/` for one that is unique), and without
    /// binds the node listens on a free port of all addresses, as in the Perl implementation.
    ///
    /// ```no_run
    /// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
    /// use aemp_actor::{Config, Node};
    ///
    /// let node = Node::configure(Config::new().profile("worker")?).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the file cannot be read, or something in it or in the environment is wrong; the text
    /// says what, and where it was set.
    pub fn profile(self, name: &str) -> Result<Self, ProfileError> {
        self.profile_of(&Profiles::open()?, name)
    }

    /// The same with the profile that the environment variable `AEMP_PROFILE` names, else the one
    /// that is called like this host (`uname -n`), whose name then is the node ID unless something
    /// sets another one: what `configure` does in the Perl implementation.
    ///
    /// # Errors
    /// As for [`profile`](Self::profile).
    pub fn default_profile(self) -> Result<Self, ProfileError> {
        let profiles = Profiles::open()?;
        match profiles.environment.text("AEMP_PROFILE") {
            Some(Ok(name)) => self.profile_of(&profiles, &name),
            _ => self.with_profile(&profiles, &host_name()),
        }
    }

    /// The same with the profile of a file that was opened before.
    ///
    /// # Errors
    /// As for [`profile`](Self::profile).
    pub fn profile_of(self, profiles: &Profiles, name: &str) -> Result<Self, ProfileError> {
        if profiles.values(Some(name)).is_none() {
            tracing::warn!(
                target: "aemp",
                "there is no profile {name:?} in {}: the node has the global default",
                profiles.path().display()
            );
        }
        self.with_profile(profiles, name)
    }

    /// The same without a warning when there is no such profile: the node has the global default.
    ///
    /// # Errors
    /// As for [`profile`](Self::profile).
    pub fn with_profile(mut self, profiles: &Profiles, name: &str) -> Result<Self, ProfileError> {
        let effective = profiles.effective(name)?;
        let (before, profile) = (self.clone(), name.to_owned());
        let (path, environment) = (profiles.path().to_owned(), profiles.environment.clone());
        // In the order of the table: secrets count above a secret.
        for key in KEYS {
            if let Some(value) = effective.values.get(key.name) {
                key.set(&mut self, value).map_err(|problem| effective.error(key, problem))?;
            }
        }
        if self.nodeid.is_none() {
            self.nodeid = Some(name.to_owned());
        }
        if self.binds.is_empty() && !effective.values.contains_key("binds") {
            self.binds.push("*:*".to_owned());
            self.binds_by_default = true;
        }
        self.set_profile(move || {
            let profiles = Profiles::open_in(path.clone(), environment.clone())?;
            Ok(before.clone().with_profile(&profiles, &profile)?)
        });
        Ok(self)
    }
}
