//! Integers that need care: negative ones beyond 64 bits, and those of any length.

use std::borrow::Cow;

use crate::framing::binary::Item;

/// The tags of integers of any length.
pub(super) const POSITIVE_TAG: u64 = 2;
pub(super) const NEGATIVE_TAG: u64 = 3;

/// Negative numbers are spelt as what they are less than -1.
pub(super) fn negative(below: u64) -> Item<'static> {
    integer(-1 - i128::from(below))
}

/// As everywhere, what exceeds 64 bits is a string of digits.
fn integer(number: i128) -> Item<'static> {
    match (i64::try_from(number), u64::try_from(number)) {
        (Ok(number), _) => Item::Int(number),
        (_, Ok(number)) => Item::UInt(number),
        _ => Item::Str(Cow::Owned(number.to_string())),
    }
}

/// The integer of these bytes, most significant first. One that has more than 127 bits becomes a
/// float, as nearly as that can be.
pub(super) fn long(bytes: &[u8], is_negative: bool) -> Item<'static> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let bytes = &bytes[start..];
    let magnitude = (bytes.len() <= 16)
        .then(|| bytes.iter().fold(0_u128, |number, byte| (number << 8) | u128::from(*byte)))
        .and_then(|magnitude| i128::try_from(magnitude).ok());
    match magnitude {
        Some(magnitude) => integer(if is_negative { -1 - magnitude } else { magnitude }),
        None => {
            // Beyond some hundred bytes it is infinite, whatever the rest.
            let leading = bytes.iter().take(200);
            let float = leading.fold(0.0, |number, byte| number * 256.0 + f64::from(*byte));
            let float = if bytes.len() > 200 { f64::INFINITY } else { float };
            Item::Float(if is_negative { -float } else { float })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_length() {
        assert_eq!(negative(0), Item::Int(-1));
        assert_eq!(negative(i64::MAX as u64), Item::Int(i64::MIN));
        assert_eq!(negative(u64::MAX), Item::Str("-18446744073709551616".into()));
        assert_eq!(long(&[], false), Item::Int(0));
        assert_eq!(long(&[0, 0, 1], true), Item::Int(-2));
        assert_eq!(long(&[255; 8], false), Item::UInt(u64::MAX));
        assert_eq!(
            long(&[1, 0, 0, 0, 0, 0, 0, 0, 0], false),
            Item::Str("18446744073709551616".into())
        );
        assert_eq!(
            long(&[1, 0, 0, 0, 0, 0, 0, 0, 0], true),
            Item::Str("-18446744073709551617".into())
        );
        assert_eq!(long(&[255; 16], false), Item::Float(2f64.powi(128)));
        assert_eq!(long(&[255; 300], true), Item::Float(f64::NEG_INFINITY));
    }
}
