//! What Perl writes and JSON does not have: numbers that are none, and code points that are no
//! characters. Such a packet is mended, since nobody is to lose his connection for one value.
//!
//! | written | read as |
//! |---|---|
//! | `NaN`, `nan`, `-nan` | `"NaN"` |
//! | `Inf`, `inf`, `Infinity`, also with a sign | `"inf"`, `"-inf"` |
//! | a half of a surrogate pair, as `\ud800` or in UTF-8; a code point beyond U+10FFFF | U+FFFD |
//!
//! The strings are those that our own nodes write for these numbers, and that are read where a float
//! is expected.

use memchr::memchr;
use memchr::memmem::find;

use super::message::string_end;
use crate::framing::perl;

/// Whether all `\u` escapes of a text that is otherwise valid JSON spell characters.
pub(super) fn is_paired(text: &[u8]) -> bool {
    // Hardly any text has these at all.
    let may_have_halves = find(text, b"\\ud").is_some() || find(text, b"\\uD").is_some();
    !may_have_halves || mended_escapes(text).is_none()
}

/// The text as it was meant; `None` when there is nothing to mend, or it is no UTF-8.
pub(super) fn mended(text: &[u8]) -> Option<Vec<u8>> {
    let text = perl::text(text)?;
    let (text, mut rest) = (&*text, text.as_bytes());
    let mut out = Vec::with_capacity(text.len());
    while let Some(&byte) = rest.first() {
        let length = match byte {
            b'"' => {
                let (string, _) = rest.split_at_checked(string_end(rest)?)?;
                match mended_escapes(string) {
                    Some(mended) => out.extend_from_slice(&mended),
                    None => out.extend_from_slice(string),
                }
                string.len()
            }
            b'-' | b'a'..=b'z' | b'A'..=b'Z' => {
                let word = rest.iter().take_while(|o| o.is_ascii_alphabetic() || **o == b'-');
                let length = word.count();
                out.extend_from_slice(number(&rest[..length]));
                length
            }
            other => {
                out.push(other);
                1
            }
        };
        rest = &rest[length..];
    }
    Some(out)
}

/// The string for a number that is none; anything else as it is.
fn number(word: &[u8]) -> &[u8] {
    let (minus, name) = match word.strip_prefix(b"-") {
        Some(name) => (true, name),
        None => (false, word),
    };
    match (&*name.to_ascii_lowercase(), minus) {
        (b"nan", _) => b"\"NaN\"",
        (b"inf" | b"infinity", false) => b"\"inf\"",
        (b"inf" | b"infinity", true) => b"\"-inf\"",
        _ => word,
    }
}

/// A text with `\ufffd` in place of each `\u` escape that spells no character; `None` if all do.
fn mended_escapes(text: &[u8]) -> Option<Vec<u8>> {
    let mut mended: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(distance) = text.get(at..).and_then(|rest| memchr(b'\\', rest)) {
        at += distance;
        let next = || text.get(at + 6..).and_then(escaped_unit);
        match escaped_unit(&text[at..]) {
            // Some other escape, of two bytes.
            None => at += 2,
            Some(0xd800..0xdc00) if matches!(next(), Some(0xdc00..0xe000)) => at += 12,
            Some(0xd800..0xe000) => {
                let mended = mended.get_or_insert_with(|| text.to_vec());
                mended[at..at + 6].copy_from_slice(b"\\ufffd");
                at += 6;
            }
            Some(_) => at += 6,
        }
    }
    mended
}

/// The UTF-16 unit of the escape at the start of the text.
fn escaped_unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::{is_paired, mended};

    #[test]
    fn only_pairs_are_characters() {
        for good in [r#"["\u00e9"]"#, r#"["\ud83d\ude00"]"#, r#"["\\ud83d"]"#, r#"["\"\\\n"]"#] {
            assert!(is_paired(good.as_bytes()), "{good}");
        }
        for bad in [r#"["\ud83d"]"#, r#"["\ude00"]"#, r#"["\ud83d\n"]"#, r#"["\uD83D\uD83D"]"#] {
            assert!(!is_paired(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn what_perl_writes_is_mended() {
        for (text, expected) in [
            (&br#"["p",NaN,-nan,nan]"#[..], r#"["p","NaN","NaN","NaN"]"#),
            (b"[\"p\",Inf,-inf,{\"a\":-Infinity}]", r#"["p","inf","-inf",{"a":"-inf"}]"#),
            (br#"["p","NaN",null,true,false,-1,1e-5]"#, r#"["p","NaN",null,true,false,-1,1e-5]"#),
            (
                br#"["\ud800","\ude00\ud83d\ude00\ud83d"]"#,
                r#"["\ufffd","\ufffd\ud83d\ude00\ufffd"]"#,
            ),
            (b"[\"\xed\xa0\x80\",\"\\\\ud800\\\"\"]", "[\"\u{fffd}\",\"\\\\ud800\\\"\"]"),
        ] {
            let mended = mended(text).expect("UTF-8 of Perl's");
            assert_eq!(String::from_utf8_lossy(&mended), expected);
        }
        assert_eq!(mended(b"[\"\xe9\"]"), None);
    }
}
