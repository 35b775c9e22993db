//! From JSON to settings. Loosely: the Perl implementation writes numbers as texts when they came
//! from a command line.

use std::net::Ipv6Addr;
use std::time::Duration;

use serde_json::Value as Json;

pub(crate) fn text(json: &Json) -> Result<String, String> {
    match json {
        Json::String(text) => Ok(text.clone()),
        Json::Number(number) => Ok(number.to_string()),
        other => Err(format!("a text is needed, not {other}")),
    }
}

/// A list of texts; a single text counts as a list of the parts between its commas.
pub fn texts(json: &Json) -> Result<Vec<String>, String> {
    match json {
        Json::Array(elements) => elements.iter().map(text).collect(),
        Json::String(text) => Ok(parts(text)),
        Json::Number(number) => Ok(vec![number.to_string()]),
        other => Err(format!("a list of texts is needed, not {other}")),
    }
}

/// A word that looks like JSON is JSON, as with the Perl implementation: it begins with `[`, `{` or
/// `"`, and not with an IPv6 address in brackets. `None`: it is a text.
pub fn json(word: &str) -> Result<Option<Json>, String> {
    if !word.starts_with(['[', '{', '"']) || is_v6(word) {
        return Ok(None);
    }
    serde_json::from_str(word).map(Some).map_err(|error| {
        format!(
            "invalid JSON: {word}: {error}; a text that begins with [, {{ or \" is written in \
             double quotes"
        )
    })
}

/// Whether the text begins as `[::1]:4040` does.
fn is_v6(text: &str) -> bool {
    let host = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    host.is_some_and(|(host, _)| host.parse::<Ipv6Addr>().is_ok())
}

/// The parts of a text between its commas; none for an empty text.
pub fn parts(text: &str) -> Vec<String> {
    text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Not less than `least`.
pub(crate) fn seconds(json: &Json, least: Duration) -> Result<Duration, String> {
    let number = match json {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let time = number
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("a number of seconds is needed, such as 30 or 0.5, not {json}"))?;
    if time < least {
        let (least, time) = (least.as_secs_f64(), time.as_secs_f64());
        return Err(format!("at least {least} seconds, not {time}"));
    }
    Ok(time)
}

/// Not less than `least`.
pub(crate) fn count(json: &Json, least: usize) -> Result<usize, String> {
    let number = match json {
        Json::Number(number) => number.as_u64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let number = number
        .and_then(|number| usize::try_from(number).ok())
        .ok_or_else(|| format!("a number from 0 is needed, not {json}"))?;
    if number < least {
        return Err(format!("at least {least}, not {number}"));
    }
    Ok(number)
}

/// A truth value: true, false, a number, or one of the words for them.
pub fn flag(json: &Json) -> Result<bool, String> {
    match json {
        Json::Bool(truth) => Ok(*truth),
        Json::Number(number) => Ok(number.as_f64() != Some(0.0)),
        Json::String(text) => match text.as_str() {
            "" | "0" | "false" | "no" | "off" => Ok(false),
            "1" | "true" | "yes" | "on" => Ok(true),
            _ => Err(format!("1 or 0 is needed, not {text:?}")),
        },
        other => Err(format!("1 or 0 is needed, not {other}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_pass_for_what_they_say() {
        assert_eq!(seconds(&json!("2.5"), Duration::ZERO), Ok(Duration::from_millis(2500)));
        assert_eq!(seconds(&json!(30), Duration::ZERO), Ok(Duration::from_secs(30)));
        assert!(seconds(&json!(-1), Duration::ZERO).is_err());
        assert!(seconds(&json!("soon"), Duration::ZERO).is_err());
        assert_eq!(count(&json!("7"), 7), Ok(7));
        assert!(count(&json!(1.5), 0).is_err());
        assert_eq!(texts(&json!("a:1, b:2,")), Ok(vec!["a:1".to_owned(), "b:2".to_owned()]));
        assert_eq!(texts(&json!([4040, "x"])), Ok(vec!["4040".to_owned(), "x".to_owned()]));
        assert!(texts(&json!([[]])).is_err());
        for address in ["[::1]:4040", "[2001:db8::7]:1,[::1]", "::1", "h:1"] {
            assert_eq!(super::json(address), Ok(None), "{address}");
        }
        assert_eq!(super::json("[1]"), Ok(Some(json!([1]))));
        assert!(super::json("[1:").is_err());
        assert_eq!(flag(&json!("0")), Ok(false));
        assert_eq!(flag(&json!(1)), Ok(true));
        assert!(flag(&json!("maybe")).is_err());
    }
}
