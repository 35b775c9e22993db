//! The command itself.

use std::path::Path;

use serde_json::Value as Json;

use super::suggestion::nearest;
use super::{Problem, file};
use crate::cli::{Failure, Options, Output};
use crate::config::{Environment, KEYS, Key, Place, ProfileError, Profiles, locate, override_by};

/// Variables that are no keys.
const OTHERS: &[&str] = &[
    "AEMP_RC",
    "AEMP_PROFILE",
    "AEMP_LOG",
    "AEMP_TIMEOUT",
    "AEMP_VERBOSE",
    "AEMP_WATCHDOG_SOCKET",
];

/// Checks file and environment, and prints what is wrong; fails if something is.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let path = locate(&environment)?;
    let mut problems = match Profiles::open_at(&path) {
        Ok(profiles) => file::problems(&profiles),
        Err(error) => vec![unreadable(error)],
    };
    problems.extend(variables(&environment));
    problems.extend(elsewhere(&path, &environment));
    print(&path, &problems, Output::new(options.json));
    if file::is_bad(&problems) { Err(Failure::Said(5)) } else { Ok(()) }
}

fn unreadable(error: ProfileError) -> Problem {
    match error {
        ProfileError::Syntax { line, column, problem, hint, .. } => {
            Problem::error(problem, hint).at(Some(Place { line, column }))
        }
        ProfileError::Read { error, .. } => Problem::error(
            format!("cannot read it: {error}"),
            "make it a text file that you may read",
        ),
        other => Problem::error(other.to_string(), "set AEMP_RC to the path of the file"),
    }
}

/// There is no file, but one of the reference where that looks for it.
fn elsewhere(path: &Path, environment: &Environment) -> Option<Problem> {
    let other = environment.path("HOME")?.join(".perl-anyevent-mp");
    (!path.exists() && other.exists()).then(|| {
        Problem::warning(
            format!("there is no such file, but there is {} of the reference", other.display()),
            format!("export AEMP_RC={} uses that", other.display()),
        )
    })
}

fn variables(environment: &Environment) -> Vec<Problem> {
    let mut problems = Vec::new();
    let own = environment.0.keys().map(String::as_str).filter(|name| name.starts_with("AEMP_"));
    let files = KEYS.iter().filter(|key| key.is_private());
    let files = files.map(|key| format!("{}_FILE", key.variable()));
    let known: Vec<String> = KEYS.iter().map(Key::variable).chain(files).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).chain(OTHERS.iter().copied()).collect();
    for name in own.filter(|name| !known.contains(name)) {
        let suggestion = match nearest(name, known.iter().copied()) {
            Some(other) => format!("did you mean {other}?"),
            None => "unset it, unless another program reads it".to_owned(),
        };
        problems.push(Problem::warning(
            format!("nobody knows the environment variable {name}"),
            suggestion,
        ));
    }
    let mut effective = crate::config::Effective::default();
    let read = override_by(&mut effective, environment);
    let wrong = match read {
        Err(error) => Some(error.to_string()),
        Ok(()) => effective.values.iter().find_map(|(name, value)| {
            let key = Key::find(name)?;
            Some(effective.error(key, key.check(value).err()?).to_string())
        }),
    };
    problems.extend(wrong.map(|text| Problem::error(text, "correct or unset the variable")));
    problems
}

fn print(path: &Path, problems: &[Problem], output: Output) {
    if output.json {
        let problems: Vec<Json> = problems.iter().map(Problem::json).collect();
        return output.json(&serde_json::json!({ "file": path, "problems": problems }));
    }
    if problems.is_empty() {
        let what = if path.exists() { "nothing is wrong" } else { "there is no such file" };
        return output.line(&format!("{}: {what}", path.display()));
    }
    for problem in problems {
        output.line(&problem.line(path));
    }
}
