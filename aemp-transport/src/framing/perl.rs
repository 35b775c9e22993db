//! Text as Perl writes it: UTF-8 that may hold code points that are no characters (halves of surrogate
//! pairs, and numbers beyond U+10FFFF), which no string here can.

use std::borrow::Cow;

/// The text, with U+FFFD in place of each code point that is no character; `None` for bytes that
/// are no UTF-8 of Perl's either.
pub(super) fn text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let mut rest = bytes;
    let mut text = String::new();
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) if text.is_empty() => return Some(Cow::Borrowed(valid)),
            Ok(valid) => return Some(Cow::Owned(text + valid)),
            Err(error) => {
                let (valid, other) = rest.split_at(error.valid_up_to());
                text.push_str(std::str::from_utf8(valid).ok()?);
                text.push(char::REPLACEMENT_CHARACTER);
                rest = other.get(code_point_len(other)?..)?;
            }
        }
    }
}

/// How long the code point that is no character, and that `bytes` begin with, is.
fn code_point_len(bytes: &[u8]) -> Option<usize> {
    let len = match bytes[0] {
        0xed => 3,
        0xf4..=0xf7 => 4,
        0xf8..=0xfb => 5,
        0xfc | 0xfd => 6,
        0xfe => 7,
        0xff => 13,
        _ => return None,
    };
    bytes.get(1..len)?.iter().all(|byte| byte & 0xc0 == 0x80).then_some(len)
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn code_points_that_are_no_characters_are_replaced() {
        assert_eq!(text(b"plain \xc3\xa9").as_deref(), Some("plain é"));
        assert_eq!(text(b"a\xed\xa0\x80b").as_deref(), Some("a\u{fffd}b"), "U+D800");
        assert_eq!(text(b"\xed\xbf\xbf\xed\xa0\x80").as_deref(), Some("\u{fffd}\u{fffd}"));
        assert_eq!(text(b"\xf4\x90\x80\x80").as_deref(), Some("\u{fffd}"), "U+110000");
        assert_eq!(text(b"\xfe\x82\x80\x80\x80\x80\x80").as_deref(), Some("\u{fffd}"), "2 ** 31");
    }

    #[test]
    fn other_bytes_are_no_text() {
        for bytes in [&b"\xe9"[..], b"\xed", b"\xed\xa0", b"\xed\xa0a", b"\xc0\x80", b"\x80"] {
            assert_eq!(text(bytes), None, "{bytes:x?}");
        }
    }
}
