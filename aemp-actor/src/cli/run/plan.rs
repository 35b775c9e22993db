//! What is to be run.

use std::time::Duration;

use clap::ArgMatches;

use crate::cli::{Failure, Options};
use crate::config::{Key, Profiles, host_name};
use crate::node::Config;

/// Read before anything is started: what is wrong is said by the first process.
pub(super) struct Plan {
    pub(super) config: Config,
    /// There is no profile of the name that was said.
    pub(super) missing: Option<String>,
    pub(super) verbosity: u8,
    pub(super) heartbeat: Duration,
    pub(super) grace: Duration,
}

impl Plan {
    /// The defaults are those of the program.
    pub(super) fn new(
        arguments: &ArgMatches,
        options: &Options,
        defaults: &Config,
    ) -> Result<Self, Failure> {
        let words: Vec<String> =
            arguments.get_many::<String>("ARGUMENT").unwrap_or_default().cloned().collect();
        let seconds = |id: &str| {
            arguments.get_one::<Duration>(id).copied().unwrap_or(Duration::from_secs(10))
        };
        let (config, missing) = config(defaults.clone(), &words, options)?;
        Ok(Self {
            config,
            missing,
            verbosity: arguments.get_one("verbosity").copied().unwrap_or_else(verbosity),
            heartbeat: seconds("heartbeat"),
            grace: seconds("grace"),
        })
    }
}

/// As the environment says.
fn verbosity() -> u8 {
    let number = |name| std::env::var(name).ok()?.trim().parse().ok();
    number("AEMP_VERBOSE").or_else(|| number("PERL_ANYEVENT_VERBOSE")).unwrap_or(7)
}

/// The program's defaults, over them the arguments, and over them the profile.
fn config(
    mut config: Config,
    words: &[String],
    options: &Options,
) -> Result<(Config, Option<String>), Failure> {
    let profiles = Profiles::open()?;
    let (name, defaults) = match words.split_first() {
        Some((name, defaults)) => (name.clone(), defaults),
        None => (options.profile.clone().unwrap_or_else(host_name), words),
    };
    let (pairs, rest) = defaults.as_chunks::<2>();
    if let [key] = rest {
        return Err(Failure::Usage(format!("there is no value for the key {key:?}")));
    }
    for [key, text] in pairs {
        let known = Key::find(key).ok_or_else(|| Failure::Usage(format!("no such key: {key}")))?;
        let wrong = |problem| Failure::Usage(format!("{key}: {problem}"));
        let value = known.read(text).map_err(wrong)?;
        (known.apply)(&mut config, &value).map_err(wrong)?;
    }
    let is_said = !words.is_empty() || options.profile.is_some();
    let missing = is_said && profiles.values(Some(&name)).is_none();
    let path = profiles.path().display();
    let missing = missing.then(|| {
        format!("there is no profile {name:?} in {path}: the node runs by the global default")
    });
    Ok((config.profile_of(&profiles, &name)?, missing))
}
