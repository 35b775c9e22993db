//! Showing the configuration.

use std::io::IsTerminal;

use serde_json::{Map, Value as Json};

use super::{Failure, Output};
use aemp_actor::profile::{Effective, Key, Profiles, Source, host_name, nearest};

/// A profile's own values.
pub(crate) fn profile(profiles: &Profiles, name: &str, output: Output) -> Result<(), Failure> {
    let values = profiles.values(Some(name)).ok_or_else(|| no_profile(profiles, name))?;
    output.json(&Json::Object(values.clone()));
    Ok(())
}

/// The values that count for a profile, over arguments that are only defaults. A profile that does
/// not exist has those of the global default.
///
/// For people it is said in comments where each was set; it is JSON as the file may have it then.
pub(crate) fn config(
    profiles: &Profiles,
    words: &[String],
    sources: bool,
    profile: Option<&str>,
    output: Output,
) -> Result<(), Failure> {
    let (name, defaults) = match words.split_first() {
        Some((name, defaults)) => (name.clone(), defaults),
        None => (profile.map_or_else(host_name, str::to_owned), words),
    };
    let mut values = arguments_of(defaults)?;
    let effective = profiles.effective(&name)?;
    values.extend(effective.values.clone());
    let wanted = sources || std::io::stdout().is_terminal();
    if wanted && !output.json {
        let title = format!("# profile {name:?}, {}", profiles.path().display());
        output.line(&commented(&title, &values, &effective));
    } else {
        output.json(&Json::Object(values));
    }
    Ok(())
}

/// The secret that counts for a profile.
pub(crate) fn secret(
    profiles: &Profiles,
    profile: Option<&str>,
    output: Output,
) -> Result<(), Failure> {
    let name = profile.map_or_else(host_name, str::to_owned);
    let effective = profiles.effective(&name)?;
    let Some(Json::String(secret)) = effective.values.get("secret") else {
        let path = profiles.path().display();
        return Err(Failure::Config(format!("profile {name:?} of {path} has no secret")));
    };
    match output.json {
        true => output.json(&Json::from(secret.as_str())),
        false => output.line(secret),
    }
    Ok(())
}

/// Keys and values in turn.
fn arguments_of(words: &[String]) -> Result<Map<String, Json>, Failure> {
    let (pairs, rest) = words.as_chunks::<2>();
    if let [key] = rest {
        return Err(Failure::Usage(format!("there is no value for the key {key:?}")));
    }
    let mut values = Map::new();
    for [name, text] in pairs {
        let value = match Key::find(name) {
            Some(key) => key.read(text),
            None => aemp_actor::profile::json(text)
                .map(|json| json.unwrap_or(Json::from(text.as_str()))),
        };
        let value = value.map_err(|problem| Failure::Usage(format!("{name}: {problem}")))?;
        values.insert(name.clone(), value);
    }
    Ok(values)
}

fn commented(title: &str, values: &Map<String, Json>, effective: &Effective) -> String {
    let mut text = format!("{title}\n{{\n");
    let mut last = String::new();
    for (index, (key, value)) in values.iter().enumerate() {
        let source = match effective.sources.get(key) {
            Some(Source::Profile(name, _)) => format!("profile {name:?}"),
            Some(Source::Global(_)) => "the global default".to_owned(),
            Some(Source::Variable(name)) => format!("the environment variable {name}"),
            None => "the command line: only a default".to_owned(),
        };
        if source != last {
            text.push_str(&format!("  # {source}\n"));
            last = source;
        }
        let value = serde_json::to_string_pretty(value).expect("JSON is written as JSON");
        let comma = if index + 1 == values.len() { "" } else { "," };
        let key = Json::from(key.as_str());
        text.push_str(&format!("  {key}: {}{comma}\n", value.replace('\n', "\n  ")));
    }
    text.push('}');
    text
}

/// There is no such profile: which there are.
pub(crate) fn no_profile(profiles: &Profiles, name: &str) -> Failure {
    let path = profiles.path().display();
    Failure::Failed(match profiles.names().as_slice() {
        [] => format!("there is no profile {name:?}: {path} has none"),
        names => {
            let meant = nearest(name, names.iter().copied());
            let meant =
                meant.map_or_else(String::new, |other| format!("; did you mean {other:?}?"));
            let names = names.join(", ");
            format!("there is no profile {name:?} in {path}; there are: {names}{meant}")
        }
    })
}
