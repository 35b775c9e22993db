//! What is wrong with the values of a file.

use serde_json::{Map, Value as Json};

use super::{Problem, Severity, values, whole};
use aemp_actor::profile::{KEYS, Key, Place, ProfileError, Profiles, Step, is_structure, nearest};

/// Keys of the Perl implementation that mean nothing here.
const FOREIGN: &[(&str, &str)] = &[
    ("eval", "Perl code is never run here: give the program an init function as a service"),
    ("secure", "the Perl implementation's; here the access policy of the program decides"),
    ("data_format", "it is called framing_format since version 1.2 of the Perl implementation"),
    ("norc", "the Perl implementation's; an argument of configure, not a setting"),
    ("force", "the Perl implementation's; an argument of configure, not a setting"),
];

/// Everything that is wrong, in the order of the file.
pub(crate) fn problems(profiles: &Profiles) -> Vec<Problem> {
    let mut found = Vec::new();
    let Some(root) = profiles.values(None) else { return found };
    keys(profiles, &[], root, &mut found);
    match root.get("profile") {
        None => {}
        Some(Json::Object(all)) => {
            for (name, profile) in all {
                one_profile(profiles, name, profile, &mut found);
            }
        }
        Some(_) => {
            found.push(no_profiles().at(place(profiles, &[key("profile")])));
        }
    }
    for (name, place) in profiles.repeated_keys() {
        let problem = Problem::warning(
            format!("the key {name:?} is there twice: the later one counts"),
            "remove one of the two",
        );
        found.push(problem.at(Some(*place)));
    }
    found.extend(permissions(profiles));
    found.sort_by_key(|problem| (problem.place, problem.severity));
    found
}

/// Something else stands where the profiles should be.
pub(crate) fn no_profiles() -> Problem {
    let text = "\"profile\" has to be an object of profiles";
    Problem::error(text, "write \"profile\": { \"NAME\": { … } }")
}

/// Something else stands where this profile should be.
pub(crate) fn no_object(name: &str) -> Problem {
    let text = format!("profile {name:?} has to be an object");
    Problem::error(text, format!("write \"{name}\": {{ … }}"))
}

fn key(name: &str) -> Step {
    Step::Key(name.to_owned())
}

fn place(profiles: &Profiles, path: &[Step]) -> Option<Place> {
    profiles.place(path)
}

fn one_profile(profiles: &Profiles, name: &str, profile: &Json, found: &mut Vec<Problem>) {
    let path = [key("profile"), key(name)];
    let Some(own) = profile.as_object() else {
        found.push(no_object(name).at(place(profiles, &path)));
        return;
    };
    keys(profiles, &path, own, found);
    if let Some(problem) = ancestry(profiles, name, own) {
        let parent = [&path[..], &[key("parent")]].concat();
        found.push(problem.at(place(profiles, &parent)));
    }
    let whole = whole::problems(profiles, name);
    found.extend(whole.into_iter().map(|problem| problem.at(place(profiles, &path))));
}

fn ancestry(profiles: &Profiles, name: &str, own: &Map<String, Json>) -> Option<Problem> {
    match own.get("parent") {
        None | Some(Json::Null) => return None,
        Some(Json::String(_)) => {}
        Some(other) => {
            return Some(Problem::error(
                format!("the parent of profile {name:?} has to be a name, not {other}"),
                "write \"parent\": \"NAME\"",
            ));
        }
    }
    match profiles.effective(name) {
        Err(ProfileError::NoParent { profile, parent, .. }) if profile == name => {
            let others = profiles.names().into_iter().filter(|other| *other != name);
            let suggestion = nearest(&parent, others)
                .map_or_else(|| "create it".to_owned(), |other| format!("did you mean {other:?}?"));
            let text = format!("profile {name:?} has the parent {parent:?}, which does not exist");
            Some(Problem::error(text, suggestion))
        }
        Err(ProfileError::Circle { chain, .. }) => Some(Problem::error(
            format!("the parents of profile {name:?} are a circle: {}", chain.join(" → ")),
            format!("aemp profile {name} delparent"),
        )),
        _ => None,
    }
}

fn keys(profiles: &Profiles, path: &[Step], values: &Map<String, Json>, found: &mut Vec<Problem>) {
    for (name, value) in values {
        if value.is_null() {
            continue;
        }
        let path = [path, &[key(name)]].concat();
        for (part, problem) in one_key(name, value, path.len() > 1) {
            let path = [&path[..], part.as_slice()].concat();
            found.push(problem.at(place(profiles, &path)));
        }
    }
    if values.contains_key("secret") && values.contains_key("secrets") {
        let text = "\"secret\" does nothing beside \"secrets\"";
        let problem = Problem::warning(text, "aemp delsecret removes it");
        found.push(problem.at(place(profiles, &[path, &[key("secret")]].concat())));
    }
}

/// What is wrong with a key or its value, and with which part of it.
fn one_key(name: &str, value: &Json, in_profile: bool) -> Vec<(Option<Step>, Problem)> {
    if let Some(key) = Key::find(name) {
        let found = values::problems(key, value).into_iter();
        return found.map(|(step, problem)| (step, problem.about(name))).collect();
    }
    let problem = match (name, in_profile) {
        ("parent", true) | ("profile" | "version" | "dirty", false) => return Vec::new(),
        ("parent", false) => Problem::warning(
            "the global default has no parent",
            "remove it, or move it into a profile",
        ),
        _ if is_structure(name) => Problem::warning(
            format!("{name:?} does nothing inside of a profile"),
            "move it to where the global default stands; profiles have a \"parent\" instead",
        ),
        _ => unknown(name),
    };
    vec![(None, problem)]
}

fn unknown(name: &str) -> Problem {
    if let Some((_, why)) = FOREIGN.iter().find(|(foreign, _)| *foreign == name) {
        return Problem::warning(format!("{name:?} does nothing here"), *why);
    }
    let others = ["parent", "profile"];
    let suggestion = match nearest(name, KEYS.iter().map(|key| key.name).chain(others)) {
        Some(key) => format!("did you mean {key:?}?"),
        None => "remove it, unless another program reads it".to_owned(),
    };
    Problem::warning(format!("nobody knows the key {name:?}"), suggestion)
}

/// Whether other people can read a secret, or change the file.
#[cfg(unix)]
fn permissions(profiles: &Profiles) -> Option<Problem> {
    use std::os::unix::fs::PermissionsExt;

    let names = profiles.names();
    let everybody = names.into_iter().map(Some).chain([None]);
    let private = everybody
        .filter_map(|profile| profiles.values(profile))
        .any(|values| KEYS.iter().any(|key| key.is_private() && values.contains_key(key.name)));
    let mode = std::fs::metadata(profiles.path()).ok()?.permissions().mode() & 0o777;
    let advice = format!("chmod 600 {}", profiles.path().display());
    if mode & 0o022 != 0 {
        return Some(Problem::error(format!("others may change it (mode {mode:04o})"), advice));
    }
    // As the Perl implementation leaves its file: a node starts with it.
    let text = format!("it has a secret, and others may read it (mode {mode:04o})");
    (private && mode & 0o044 != 0).then(|| Problem::warning(text, advice))
}

#[cfg(not(unix))]
fn permissions(_: &Profiles) -> Option<Problem> {
    None
}

/// Whether one of them is an error.
pub(crate) fn is_bad(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.severity == Severity::Error)
}
