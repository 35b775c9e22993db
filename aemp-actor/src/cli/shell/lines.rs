//! A line becomes words.

use serde_json::Value as Json;

/// Cuts a line into words at white space. What begins with `[`, `{` or `"` is JSON up to its end,
/// and stays as it is; what stands in single quotes is one word.
pub(crate) fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let length = match rest.as_bytes()[0] {
            b'[' | b'{' | b'"' => json_length(rest)?,
            b'\'' => {
                let end = rest[1..].find('\'').ok_or("a single quote is not closed")?;
                words.push(rest[1..=end].to_owned());
                rest = rest[end + 2..].trim_start();
                continue;
            }
            _ => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        words.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

fn json_length(text: &str) -> Result<usize, String> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Json>();
    match values.next() {
        Some(Ok(_)) => Ok(values.byte_offset()),
        Some(Err(error)) => Err(format!("this is no JSON: {text}: {error}")),
        None => Err(format!("this is no JSON: {text}")),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn json_and_quotes_are_one_word() {
        assert_eq!(
            words(r#" snd a#b  [1, "x y"] "two words" 'three " words' 7 "#),
            Ok(["snd", "a#b", "[1, \"x y\"]", "\"two words\"", "three \" words", "7"]
                .map(str::to_owned)
                .to_vec())
        );
        assert_eq!(words("  "), Ok(Vec::new()));
        assert!(words("[1").is_err() && words("'a").is_err());
    }
}
