//! Arguments that are sent: texts, or JSON.

use aemp_transport::Value;
use serde_json::Value as Json;

use super::Failure;

/// Reads arguments as the reference does: one that begins with `[`, `{` or `"` is JSON, any other
/// is a text.
pub(crate) fn values<'a>(
    words: impl IntoIterator<Item = &'a String>,
) -> Result<Vec<Value>, Failure> {
    words.into_iter().map(|word| value(word)).collect()
}

fn value(word: &str) -> Result<Value, Failure> {
    if !word.starts_with(['[', '{', '"']) {
        return Ok(Value::from(word));
    }
    let json: Json = serde_json::from_str(word).map_err(|error| {
        Failure::Usage(format!(
            "this is no JSON: {word}: {error}; a text that begins with [, {{ or \" is written in \
             double quotes"
        ))
    })?;
    aemp_transport::to_value(&json).map_err(|error| Failure::Usage(error.to_string()))
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
}
