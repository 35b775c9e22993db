//! What is wrong with the value of a key, wherever it stands.

use aemp_transport::{AuthMethod, Framing};
use serde_json::{Value as Json, json};

use super::{Problem, Severity};
use aemp_actor::profile::{Key, Kind, Step, nearest, parts};

/// A secret with fewer characters can be guessed: who records one handshake may try words at home.
const SHORT: usize = 16;

/// Framings of the Perl implementation that are not spoken here, on purpose.
const FOREIGN_FRAMINGS: &[&str] = &["storable"];

/// What is wrong with a value, and with which part of it.
pub(crate) fn problems(key: &Key, value: &Json) -> Vec<(Option<Step>, Problem)> {
    let mut found = match names_of(key.name) {
        Some(known) => unknown_names(key, value, &known),
        None => wrong_parts(key, value),
    };
    let is_bad = |(_, problem): &(_, Problem)| problem.severity == Severity::Error;
    if !found.iter().any(is_bad)
        && let Err(problem) = key.check(value)
    {
        found.push((None, wrong(key, problem)));
    }
    match key.name {
        "seeds" => found.extend(each(value, undialable)),
        "services" => found.extend(each(&names_of_services(value), module)),
        "secrets" => found.extend(each(value, guessable)),
        // Commas are a part of it.
        "secret" => {
            let problem = value.as_str().and_then(guessable);
            found.extend(problem.map(|problem| (None, problem)));
        }
        _ => {}
    }
    found
}

fn wrong(key: &Key, problem: String) -> Problem {
    Problem::error(
        problem,
        format!("aemp set{} VALUE writes it right; it is {}", key.name, key.about),
    )
}

/// The elements of a list and the entries of a table, each by itself.
fn wrong_parts(key: &Key, value: &Json) -> Vec<(Option<Step>, Problem)> {
    let check = |step: Step, part: Json| {
        key.check(&part).err().map(|problem| (Some(step), wrong(key, problem)))
    };
    match (key.kind, value) {
        (Kind::List | Kind::Services, Json::Array(elements)) => {
            let elements = elements.iter().enumerate();
            elements.filter_map(|(at, part)| check(Step::Index(at), json!([part]))).collect()
        }
        (Kind::Table, Json::Object(entries)) if key.element().is_some() => {
            let entries = entries.iter();
            let one = |(name, part): (&String, &Json)| {
                check(Step::Key(name.clone()), json!({ name.as_str(): part }))
            };
            entries.filter_map(one).collect()
        }
        _ => Vec::new(),
    }
}

/// What the elements of this key may be called.
fn names_of(key: &str) -> Option<Vec<&'static str>> {
    match key {
        "framing_format" => {
            let ours = Framing::ALL.iter().map(|framing| framing.name());
            Some(ours.chain(FOREIGN_FRAMINGS.iter().copied()).collect())
        }
        "auth_offer" | "auth_accept" => {
            Some(AuthMethod::ALL.iter().map(|method| method.name()).collect())
        }
        _ => None,
    }
}

fn unknown_names(key: &Key, value: &Json, known: &[&'static str]) -> Vec<(Option<Step>, Problem)> {
    if key.check(value).is_err() {
        // None is known, or they are no names.
        return Vec::new();
    }
    let found = each(value, |name| {
        (!known.contains(&name)).then(|| {
            let suggestion = nearest(name, known.iter().copied()).map_or_else(
                || format!("it is skipped; known are {}", known.join(", ")),
                |other| format!("did you mean {other:?}?"),
            );
            Problem::warning(format!("{name:?} is not known here"), suggestion)
        })
    });
    found.collect()
}

/// What is wrong with the texts of a list, or with a text.
fn each<'a>(
    value: &'a Json,
    wrong: impl Fn(&str) -> Option<Problem> + 'a,
) -> impl Iterator<Item = (Option<Step>, Problem)> + 'a {
    let texts: Vec<(Option<Step>, String)> = match value {
        Json::String(text) => parts(text).into_iter().map(|text| (None, text)).collect(),
        Json::Array(elements) => {
            let texts = elements.iter().enumerate();
            let text = |(at, part): (usize, &Json)| {
                Some((Some(Step::Index(at)), part.as_str()?.to_owned()))
            };
            texts.filter_map(text).collect()
        }
        _ => Vec::new(),
    };
    texts.into_iter().filter_map(move |(step, text)| Some((step, wrong(&text)?)))
}

/// A listener may take any port; whoever dials has to know which.
fn undialable(seed: &str) -> Option<Problem> {
    let (_, port) = seed.rsplit_once(':')?;
    matches!(port, "*" | "0").then(|| {
        Problem::error(
            format!("nobody can dial {seed}: a seed has one port"),
            "write HOST:PORT, as the other node's binds have it; port * is for binds",
        )
    })
}

/// The functions of a program are not known here; modules are none.
fn module(name: &str) -> Option<Problem> {
    let module = name.strip_suffix("::")?;
    Some(Problem::error(
        format!("{name} makes the Perl implementation load a module, and is no function here"),
        format!("name a function of the program, as {module}::run, or remove the service"),
    ))
}

/// The names of services, which may stand in lists with their arguments.
fn names_of_services(value: &Json) -> Json {
    let name = |service: &Json| service.get(0).unwrap_or(service).clone();
    match value {
        Json::Array(services) => services.iter().map(name).collect(),
        other => other.clone(),
    }
}

fn guessable(secret: &str) -> Option<Problem> {
    let length = secret.chars().count();
    (length < SHORT).then(|| {
        let s = if length == 1 { "" } else { "s" };
        Problem::warning(
            format!("the secret has {length} character{s}, and can be guessed"),
            "aemp gensecret generates a long one; all nodes need the same",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, value: Json) -> Vec<(Option<Step>, String)> {
        let found = problems(Key::find(name).expect(name), &value);
        found.into_iter().map(|(step, problem)| (step, problem.text)).collect()
    }

    #[test]
    fn each_part_is_told_by_itself() {
        let found = told("seeds", json!(["a:1", "b:x", "h:*", 7, {}, "c:99999", "*:1", "*"]));
        let steps: Vec<_> = found.iter().map(|(step, _)| step.clone()).collect();
        let expected = [1, 4, 5, 2].map(|at| Some(Step::Index(at)));
        assert_eq!(steps, expected, "{found:?}");
        let found = told("nodes", json!({ "a": "h:1", "b c": "h:1", "d": "h:x" }));
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0].0, Some(Step::Key("b c".to_owned())));
        assert_eq!(told("services", json!([[], ["a", 1], 7])).len(), 2);
        let found = told("services", json!(["A::b", "A::", ["B::", 1]]));
        let steps: Vec<_> = found.iter().map(|(step, _)| step.clone()).collect();
        assert_eq!(steps, [1, 2].map(|at| Some(Step::Index(at))), "{found:?}");
        assert_eq!(told("services", json!({ "a": 1 })).len(), 1);
    }

    #[test]
    fn names_are_known_or_told() {
        assert_eq!(told("framing_format", json!(["json", "storable"])), []);
        let found = told("framing_format", json!(["json", "bincod"]));
        assert_eq!(found, [(Some(Step::Index(1)), "\"bincod\" is not known here".to_owned())]);
        assert_eq!(told("auth_accept", json!("md5")).len(), 1);
        assert_eq!(told("auth_offer", json!([])), []);
    }

    #[test]
    fn secrets_are_long() {
        assert_eq!(told("secret", json!("0123456789abcdef")), []);
        assert!(told("secret", json!("secret"))[0].1.contains("6 characters"));
        assert_eq!(told("secrets", json!(["0123456789abcdef", "x"]))[0].0, Some(Step::Index(1)));
    }
}
