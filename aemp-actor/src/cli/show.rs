//! Showing the configuration.

use serde_json::{Map, Value as Json};

use super::{Failure, Output};
use crate::config::{Key, Profiles, host_name};

/// A profile's own values.
pub(crate) fn profile(profiles: &Profiles, name: &str, output: Output) -> Result<(), Failure> {
    let values = profiles.values(Some(name)).ok_or_else(|| no_profile(profiles, name))?;
    output.json(&Json::Object(values.clone()));
    Ok(())
}

/// The values that count for a profile, over arguments that are only defaults. A profile that does
/// not exist has those of the global default.
pub(crate) fn config(profiles: &Profiles, words: &[String], output: Output) -> Result<(), Failure> {
    let (name, arguments) = match words.split_first() {
        Some((name, arguments)) => (name.clone(), arguments),
        None => (host_name(), words),
    };
    if arguments.len() % 2 != 0 {
        return Err(Failure::Usage(format!(
            "there is no value for the key {:?}",
            arguments[arguments.len() - 1]
        )));
    }
    let mut values = Map::new();
    for pair in arguments.chunks_exact(2) {
        let value = match Key::find(&pair[0]) {
            Some(key) => key.read(&pair[1]).map_err(Failure::Usage)?,
            None => Json::from(pair[1].as_str()),
        };
        values.insert(pair[0].clone(), value);
    }
    values.extend(profiles.effective(&name)?.values);
    output.json(&Json::Object(values));
    Ok(())
}

/// There is no such profile: which there are.
pub(crate) fn no_profile(profiles: &Profiles, name: &str) -> Failure {
    let path = profiles.path().display();
    Failure::Failed(match profiles.names().as_slice() {
        [] => format!("there is no profile {name:?}: {path} has none"),
        names => format!("there is no profile {name:?} in {path}; there are: {}", names.join(", ")),
    })
}
