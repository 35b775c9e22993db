//! Escapes in greeting fields: `;` is `%3b`, `%` is `%25`.

use std::fmt::Write;

/// Escapes a field. Line ends and other control characters, which would break the greeting, are
/// escaped, too.
pub(super) fn escape(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    for character in field.chars() {
        if matches!(character, ';' | '%') || character.is_ascii_control() {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{:02x}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out
}

/// Undoes [`escape`]; `None` if a `%` is not followed by two hex digits, or the result is no UTF-8.
pub(super) fn unescape(field: &str) -> Option<String> {
    let mut parts = field.split('%');
    let mut out = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part.as_bytes().get(..2)?;
        let mut byte = [0];
        hex::decode_to_slice(digits, &mut byte).ok()?;
        out.push(byte[0]);
        out.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::{escape, unescape};

    #[test]
    fn both_ways() {
        for (plain, escaped) in
            [("a;b%c", "a%3bb%25c"), ("", ""), ("é,=", "é,="), ("a\nb", "a%0ab"), ("%%", "%25%25")]
        {
            assert_eq!(escape(plain), escaped);
            assert_eq!(unescape(escaped).as_deref(), Some(plain));
        }
        assert_eq!(unescape("%3B").as_deref(), Some(";"));
    }

    #[test]
    fn malformed() {
        for bad in ["%", "%3", "%zz", "%+1", "a%é", "%ff"] {
            assert_eq!(unescape(bad), None, "{bad}");
        }
    }
}
