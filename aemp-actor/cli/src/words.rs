//! Arguments that are sent: texts, or JSON.

use aemp_transport::Value;
use serde_json::Value as Json;

use super::Failure;

/// Reads arguments as the Perl implementation does: one that begins with `[`, `{` or `"` is JSON,
/// any other is a text.
pub(crate) fn values<'a>(
    words: impl IntoIterator<Item = &'a String>,
) -> Result<Vec<Value>, Failure> {
    words.into_iter().map(|word| value(word)).collect()
}

fn value(word: &str) -> Result<Value, Failure> {
    match aemp_actor::profile::json(word).map_err(Failure::Usage)? {
        None => Ok(Value::from(word)),
        Some(json) => {
            aemp_transport::to_value(&json).map_err(|error| Failure::Usage(error.to_string()))
        }
    }
}

/// The words of a command line. As in the Perl implementation, a single one that begins with `[` is
/// a JSON list of all of them.
pub(crate) fn of_line(words: Vec<String>) -> Result<Vec<String>, Failure> {
    let [line] = words.as_slice() else { return Ok(words) };
    if !line.starts_with('[') {
        return Ok(words);
    }
    let list = aemp_actor::profile::json(line).map_err(Failure::Usage)?;
    let list = list.as_ref().and_then(Json::as_array).into_iter().flatten();
    Ok(list
        .map(|word| match word {
            Json::String(text) if !text.starts_with(['[', '{', '"']) => text.clone(),
            other => other.to_string(),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_by_its_first_character() {
        let words = ["7", "[1,\"a\"]", "\"[x\"", "{\"a\":null}"].map(str::to_owned);
        let read = values(&words).expect("valid");
        assert_eq!(read[0], Value::from("7"));
        assert_eq!(read[1], Value::List(vec![Value::Int(1), Value::from("a")]));
        assert_eq!(read[2], Value::from("[x"));
        assert!(matches!(&read[3], Value::Map(map) if map["a"].is_null()));
        assert!(matches!(values(&["[x".to_owned()]), Err(Failure::Usage(_))));
    }

    #[test]
    fn a_line_may_be_json() {
        let read = |words: &[&str]| {
            of_line(words.iter().map(|word| (*word).to_owned()).collect())
                .map_err(|e| e.to_string())
        };
        let expected = ["setseeds", "[\"a\",1]", "setsecret", "\"[x\"", "setmax_depth", "9"];
        let line = r#"["setseeds", ["a", 1], "setsecret", "[x", "setmax_depth", 9]"#;
        assert_eq!(read(&[line]).expect("valid"), expected);
        assert_eq!(read(&["setseeds", "[1"]).expect("not looked into"), ["setseeds", "[1"]);
        assert!(read(&["[1"]).expect_err("cut").contains("invalid JSON: [1: "));
    }
}
