//! The command itself.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::{Problem, file, values};
use crate::{Failure, Options, Output, logs};
use aemp_actor::profile::nearest;
use aemp_actor::profile::{
    Effective, KEYS, Key, ProfileError, Profiles, SyntaxError, Variables, locate, override_by,
};

/// Variables that are no keys.
const OTHERS: &[&str] =
    &["AEMP_RC", "AEMP_PROFILE", "AEMP_LOG", "AEMP_TIMEOUT", "AEMP_TRACE", "AEMP_VERBOSE"];

/// Checks file and environment, and prints what is wrong; fails if something is.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (path, problems) = find()?;
    print(&path, &problems, Output::new(options.json));
    if file::is_bad(&problems) { Err(Failure::Said(5)) } else { Ok(()) }
}

/// Tells people what is wrong with file and environment, before that may keep a command from joining.
pub(crate) fn before_joining(options: &Options) -> Result<(), Failure> {
    let (path, problems) = find()?;
    if !options.json && !problems.is_empty() {
        print(&path, &problems, Output::new(false));
    }
    Ok(())
}

fn find() -> Result<(PathBuf, Vec<Problem>), Failure> {
    let environment = Variables::of_process();
    let path = locate(&environment)?;
    let mut problems = Vec::new();
    match Profiles::open_with_errors(path.clone(), Variables::default()) {
        Ok((profiles, errors)) => {
            problems.extend(errors.into_iter().map(syntax));
            problems.extend(file::problems(&profiles));
            problems.extend(no_profile(&profiles, &environment));
        }
        Err(error) => problems.push(unreadable(error)),
    }
    problems.sort_by_key(|problem| problem.place);
    problems.extend(variables(&environment));
    problems.extend(elsewhere(&path, &environment));
    Ok((path, problems))
}

fn syntax(error: SyntaxError) -> Problem {
    Problem::error(error.problem, error.hint).at(Some(error.place))
}

fn unreadable(error: ProfileError) -> Problem {
    match error {
        ProfileError::Read { error, .. } => Problem::error(
            format!("cannot read it: {error}"),
            "make it a text file that you may read, or set AEMP_RC to the path of one",
        ),
        other => Problem::error(other.to_string(), "set AEMP_RC to the path of the file"),
    }
}

/// The profile that the environment names.
fn no_profile(profiles: &Profiles, environment: &Variables) -> Option<Problem> {
    let name = environment.text("AEMP_PROFILE")?.ok()?;
    let names = profiles.names();
    (!names.contains(&name.as_str())).then(|| {
        let suggestion = nearest(&name, names).map_or_else(
            || format!("aemp profile {name} makes it"),
            |other| format!("did you mean {other:?}?"),
        );
        let text = format!("AEMP_PROFILE: there is no profile {name:?}: it is the global default");
        Problem::warning(text, suggestion)
    })
}

/// There is no file, but one of the Perl implementation where that looks for it.
fn elsewhere(path: &Path, environment: &Variables) -> Option<Problem> {
    let other = environment.path("HOME")?.join(".perl-anyevent-mp");
    (!path.exists() && other.exists()).then(|| {
        Problem::warning(
            format!(
                "there is no such file, but there is {} of the Perl implementation",
                other.display()
            ),
            format!("export AEMP_RC={} uses that", other.display()),
        )
    })
}

fn variables(environment: &Variables) -> Vec<Problem> {
    let mut problems = Vec::new();
    let own = environment.names().filter(|name| name.starts_with("AEMP_"));
    let files = KEYS.iter().filter(|key| key.is_private());
    let files = files.map(|key| format!("{}_FILE", key.variable()));
    let known: Vec<String> = KEYS
        .iter()
        .map(Key::variable)
        .chain(KEYS.iter().filter_map(Key::former_variable))
        .chain(files)
        .collect();
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
    let mut effective = Effective::default();
    let errors = override_by(&mut effective, environment);
    let correct = "correct or unset the variable";
    problems.extend(errors.iter().map(|error| Problem::error(error.to_string(), correct)));
    for (name, value) in &effective.values {
        let (Some(key), Some(source)) = (Key::find(name), effective.sources.get(name)) else {
            continue;
        };
        let found = values::problems(key, value).into_iter();
        problems
            .extend(found.map(|(_, problem)| problem.about(&format!("{name}, set by {source}"))));
    }
    let log = environment.text("AEMP_LOG").and_then(Result::ok);
    let log = log.and_then(|text| logs::filter(&text).err());
    problems.extend(log.map(|problem| Problem::warning(problem, correct)));
    for key in KEYS.iter().filter(|key| key.is_private()) {
        let (own, file) = (key.variable(), format!("{}_FILE", key.variable()));
        if environment.path(&own).is_some() && environment.path(&file).is_some() {
            let text = format!("{file} does nothing beside {own}");
            problems.push(Problem::warning(text, "unset one of the two"));
        }
    }
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
