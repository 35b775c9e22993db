//! Texts of numbers and of bytes, both ways. Plain functions, no serde.

use std::borrow::Cow;
use std::fmt::Write;

/// An integer of whichever size holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Integer {
    Signed(i64),
    Unsigned(u64),
    Wide(i128),
    UnsignedWide(u128),
}

/// The shortest text that reads back as the same float, laid out as Perl prints numbers: no
/// fraction for whole numbers, an exponent below 1e-4 and from 1e15 on.
pub(crate) fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    // 1e15 is where `%.15g`, Perl's own format, changes to exponents.
    if number == 0.0 || (1e-4..1e15).contains(&number.abs()) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    let mut out = mantissa.to_owned();
    // Writing to a string cannot fail.
    let _ = write!(out, "e{sign}{digits:0>2}");
    out
}

/// Reads `-?[0-9]+`, and nothing else, as an integer.
pub(super) fn parse_integer(text: &str) -> Option<Integer> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    None.or_else(|| text.parse().ok().map(Integer::Signed))
        .or_else(|| text.parse().ok().map(Integer::Unsigned))
        .or_else(|| text.parse().ok().map(Integer::Wide))
        .or_else(|| text.parse().ok().map(Integer::UnsignedWide))
}

/// Reads a decimal number, with fraction and exponent if need be, or one of the three words that
/// non-finite numbers travel as.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    match text {
        "NaN" | "nan" => return Some(f64::NAN),
        "inf" | "Inf" => return Some(f64::INFINITY),
        "-inf" | "-Inf" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let numeric = |byte: u8| byte.is_ascii_digit() || b"eE.+-".contains(&byte);
    // Rust reads words and a leading plus sign, too: neither is a string of digits.
    if !digits.starts_with(|c: char| c.is_ascii_digit()) || !digits.bytes().all(numeric) {
        return None;
    }
    text.parse().ok()
}

/// The integer that a float without a fraction stands for, if it is in the range of 64 bits.
pub(super) fn whole(number: f64) -> Option<Integer> {
    const I64_END: f64 = 9_223_372_036_854_775_808.0;
    const U64_END: f64 = 18_446_744_073_709_551_616.0;
    if number.fract() != 0.0 {
        None
    } else if (-I64_END..I64_END).contains(&number) {
        Some(Integer::Signed(number as i64))
    } else if (0.0..U64_END).contains(&number) {
        Some(Integer::Unsigned(number as u64))
    } else {
        None
    }
}

/// Bytes as text, one character per byte.
pub(crate) fn latin1(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

/// Text as bytes, one byte per character, if all characters are U+0000 to U+00FF.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    if text.is_ascii() {
        return Some(text.into());
    }
    let text = text.as_bytes();
    // The characters from U+0100 on begin with 0xc4 at the least.
    if text.iter().any(|byte| *byte > 0xc3) {
        return None;
    }
    let continued = text.iter().filter(|byte| **byte & 0xc0 == 0x80).count();
    let mut bytes = vec![0; text.len() - continued];
    let mut at = 0;
    for byte in &mut bytes {
        let first = text[at];
        let wide = first >> 7;
        // Read even if it is not of this character: there is no branch to be guessed wrong.
        let second = text.get(at + 1).copied().unwrap_or(0);
        *byte = if wide == 1 { first << 6 | second & 0x3f } else { first };
        at += 1 + usize::from(wide);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_perl_prints_them() {
        for (number, text) in [
            (3.0, "3"),
            (2.5, "2.5"),
            (-0.5, "-0.5"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (-1.5e300, "-1.5e+300"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float_text(number), text);
        }
    }

    #[test]
    fn integers_are_strings_of_digits_only() {
        assert_eq!(parse_integer("-12"), Some(Integer::Signed(-12)));
        assert_eq!(parse_integer("18446744073709551615"), Some(Integer::Unsigned(u64::MAX)));
        assert_eq!(parse_integer("18446744073709551616"), Some(Integer::Wide(1 << 64)));
        for text in ["", "-", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "٣", "--1"] {
            assert_eq!(parse_integer(text), None, "{text:?}");
        }
    }

    #[test]
    fn floats_are_decimal_numbers_or_the_three_words() {
        assert_eq!(parse_float("1e3"), Some(1000.0));
        assert_eq!(parse_float("-2.5"), Some(-2.5));
        assert!(parse_float("NaN").is_some_and(f64::is_nan));
        assert_eq!(parse_float("-inf"), Some(f64::NEG_INFINITY));
        for text in ["", "+1", ".5", " 1", "infinity", "1e", "1-1", "--1"] {
            assert_eq!(parse_float(text), None, "{text:?}");
        }
    }

    #[test]
    fn whole_floats_are_integers() {
        assert_eq!(whole(3.0), Some(Integer::Signed(3)));
        assert_eq!(whole(1e19), Some(Integer::Unsigned(10_000_000_000_000_000_000)));
        assert_eq!(whole(3.5), None);
        assert_eq!(whole(1e20), None);
        assert_eq!(whole(f64::NAN), None);
        assert_eq!(whole(f64::INFINITY), None);
    }

    #[test]
    fn bytes_and_text() {
        assert_eq!(latin1(b"a\xff"), "a\u{ff}");
        assert_eq!(bytes("a\u{ff}"), Some(b"a\xff".to_vec()));
        assert_eq!(bytes("\u{100}"), None);
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(bytes(&latin1(&all)), Some(all));
    }
}
