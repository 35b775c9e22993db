//! What is to be run.

use std::time::Duration;

use serde_json::Value as Json;

use super::command::RunArguments;
use crate::connection::set_seeds;
use crate::{Failure, Options, program_name, show, stdin};
use aemp_actor::Config;
use aemp_actor::log::level_named;
use aemp_actor::profile::{Key, Profiles, host_name};

/// Read before anything is started: what is wrong is said by the first process.
pub(super) struct RunPlan {
    pub(super) config: Config,
    /// There is no profile of the name that was said.
    pub(super) missing: Option<String>,
    /// What was read from standard input.
    pub(super) typed: Option<Json>,
    pub(super) verbosity: u8,
    /// Every message is logged.
    pub(super) traces: bool,
    /// The log is to be JSON.
    pub(super) json: bool,
    /// How long it may take until it is up.
    pub(super) startup: Duration,
    pub(super) heartbeat: Duration,
    pub(super) grace: Duration,
}

impl RunPlan {
    /// The defaults are those of the program.
    pub(super) fn new(
        arguments: &RunArguments,
        options: &Options,
        defaults: &Config,
    ) -> Result<Self, Failure> {
        let Read { config, missing, typed } = read(defaults.clone(), &arguments.words, options)?;
        Ok(Self {
            config,
            missing,
            typed,
            verbosity: arguments
                .verbosity
                .unwrap_or_else(|| verbosity().max(said(options.verbose))),
            traces: traces(),
            json: options.json,
            startup: arguments.startup,
            heartbeat: arguments.heartbeat,
            grace: arguments.grace,
        })
    }
}

/// The variables of the verbosity, of which the first that is a level counts: ours, and those of
/// the Perl implementation and of its library.
const VERBOSITY: [&str; 3] =
    ["AEMP_VERBOSE", "PERL_ANYEVENT_MP_WARNLEVEL", "PERL_ANYEVENT_VERBOSE"];

/// As the environment says.
fn verbosity() -> u8 {
    let number = |name| level_named(&std::env::var(name).ok()?).ok();
    VERBOSITY.into_iter().find_map(number).unwrap_or(7)
}

/// Whether the environment wants every message shown.
fn traces() -> bool {
    let is_on = |name| std::env::var(name).is_ok_and(|text| !matches!(text.trim(), "" | "0"));
    ["AEMP_TRACE", "PERL_ANYEVENT_MP_TRACE"].into_iter().any(is_on)
}

/// At least this is shown with so many `--verbose`.
fn said(verbose: u8) -> u8 {
    match verbose {
        0 => 0,
        1 => 7,
        _ => 8,
    }
}

/// The program's defaults, over them the arguments, over them the profile, and over it `--seed`. As
/// with the Perl implementation's `configure`, the profile is the first of an odd number of words,
/// or the value of the key `profile`.
fn read(mut config: Config, words: &[String], options: &Options) -> Result<Read, Failure> {
    let mut typed = None;
    let profiles = Profiles::open()?;
    let (first, pairs) = words.split_at(words.len() % 2);
    let mut name = first.first();
    let (pairs, _) = pairs.as_chunks::<2>();
    for [key, text] in pairs {
        if key == "profile" {
            name = Some(text);
            continue;
        }
        let known = Key::find(key).ok_or_else(|| no_key(key, first.is_empty()))?;
        let wrong = |problem| Failure::Usage(format!("{key}: {problem}"));
        let value = match known.is_private() {
            true => typed.insert(secret(known, text, options)?).clone(),
            false => known.read(text).map_err(wrong)?,
        };
        known.set(&mut config, &value).map_err(wrong)?;
    }
    let named = name.or(options.profile.as_ref());
    let missing = named.filter(|name| profiles.values(Some(name)).is_none());
    if let Some(name) = missing
        && pairs.is_empty()
    {
        return Err(Failure::Failed(nothing_to_run(&profiles, name)));
    }
    let missing = missing.map(|name| {
        let path = profiles.path().display();
        format!("there is no profile {name:?} in {path}: the node runs by the global default")
    });
    let name = named.cloned().unwrap_or_else(host_name);
    let mut config = config.with_profile(&profiles, &name)?;
    if !options.seeds.is_empty() {
        set_seeds(&mut config, &options.seeds)?;
    }
    Ok(Read { config, missing, typed })
}

/// What is said of a profile that is not there, and of which nothing else is said.
fn nothing_to_run(profiles: &Profiles, name: &str) -> String {
    let program = program_name();
    let hint = match Key::find(name) {
        Some(_) => format!("{name} is a key, whose value is missing"),
        None => format!("{program} run {name} nodeid {name} runs a node without a profile"),
    };
    format!("{} ({hint})", show::no_profile(profiles, name))
}

/// What [`read`] has read.
struct Read {
    config: Config,
    /// What is wrong with the profile that was named.
    missing: Option<String>,
    /// What was read from standard input.
    typed: Option<Json>,
}

/// The value of a key that is to be kept from others. A watchdog has it typed in, and gives it to
/// its children in a line of their standard input.
fn secret(key: &Key, word: &str, options: &Options) -> Result<Json, Failure> {
    if !options.watched {
        return stdin::secret_of(key, word);
    }
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line).map_err(|error| error.to_string());
    let value = read.and_then(|_| serde_json::from_str(&line).map_err(|error| error.to_string()));
    value.map_err(|error| Failure::Failed(format!("{}: of the watchdog: {error}", key.name)))
}

/// Somebody may have meant a profile, and left out the value of a key.
fn no_key(key: &str, is_even: bool) -> Failure {
    let hint = match is_even {
        true => "; an even number of words is keys with their values, and has no profile in front",
        false => "",
    };
    Failure::Usage(format!("no such key: {key}{hint}"))
}
