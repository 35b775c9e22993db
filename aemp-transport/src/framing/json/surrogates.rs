//! Finds halves of surrogate pairs, which JSON can spell and no string can hold.

/// Whether all `\u` escapes of a text that is otherwise valid JSON spell characters.
pub(super) fn are_paired(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        rest = &rest[at..];
        let Some(unit) = escaped_unit(rest) else {
            // Some other escape, of two octets.
            rest = rest.get(2..).unwrap_or_default();
            continue;
        };
        rest = &rest[6..];
        match unit {
            0xd800..0xdc00 => {
                if !matches!(escaped_unit(rest), Some(0xdc00..0xe000)) {
                    return false;
                }
                rest = &rest[6..];
            }
            0xdc00..0xe000 => return false,
            _ => {}
        }
    }
    true
}

/// The UTF-16 unit of the escape at the start of the text.
fn escaped_unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::are_paired;

    #[test]
    fn only_pairs_are_characters() {
        for good in [r#"["\u00e9"]"#, r#"["\ud83d\ude00"]"#, r#"["\\ud83d"]"#, r#"["\"\\\n"]"#] {
            assert!(are_paired(good.as_bytes()), "{good}");
        }
        for bad in [r#"["\ud83d"]"#, r#"["\ude00"]"#, r#"["\ud83d\n"]"#, r#"["\uD83D\uD83D"]"#] {
            assert!(!are_paired(bad.as_bytes()), "{bad}");
        }
    }
}
