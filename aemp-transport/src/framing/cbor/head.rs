//! The head of a data item: its major type, and the number that belongs to it.

/// What a head says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Head {
    pub(super) major: u8,
    pub(super) number: Number,
    /// How many bytes the head has.
    pub(super) len: usize,
}

/// The number of a head, by how it is spelt: simple values and floats differ by that.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Number {
    /// Within the first byte.
    Short(u8),
    One(u8),
    Two(u16),
    Four(u32),
    Eight(u64),
    /// None: the length is told by a break, or (major type 7) this is one.
    Indefinite,
}

impl Number {
    /// The number, unless it is indefinite.
    pub(super) fn value(self) -> Option<u64> {
        match self {
            Self::Short(number) | Self::One(number) => Some(number.into()),
            Self::Two(number) => Some(number.into()),
            Self::Four(number) => Some(number.into()),
            Self::Eight(number) => Some(number),
            Self::Indefinite => None,
        }
    }
}

pub(super) const UNSIGNED: u8 = 0;
pub(super) const NEGATIVE: u8 = 1;
pub(super) const BYTES: u8 = 2;
pub(super) const TEXT: u8 = 3;
pub(super) const ARRAY: u8 = 4;
pub(super) const MAP: u8 = 5;
pub(super) const TAG: u8 = 6;
pub(super) const OTHER: u8 = 7;

/// A first byte that the standard reserves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Reserved;

/// Reads the head at the start of `bytes`; `None` if it has not come whole.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Head>, Reserved> {
    let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
    let major = first >> 5;
    let (number, len) = match first & 0x1f {
        short @ 0..24 => (Some(Number::Short(short)), 1),
        24 => (rest.first().map(|byte| Number::One(*byte)), 2),
        25 => (rest.first_chunk().map(|bytes| Number::Two(u16::from_be_bytes(*bytes))), 3),
        26 => (rest.first_chunk().map(|bytes| Number::Four(u32::from_be_bytes(*bytes))), 5),
        27 => (rest.first_chunk().map(|bytes| Number::Eight(u64::from_be_bytes(*bytes))), 9),
        31 if !matches!(major, UNSIGNED | NEGATIVE | TAG) => (Some(Number::Indefinite), 1),
        _ => return Err(Reserved),
    };
    Ok(number.map(|number| Head { major, number, len }))
}

/// Appends the shortest head of a major type and a number.
pub(super) fn write(major: u8, number: u64, out: &mut Vec<u8>) {
    let first = major << 5;
    if let Ok(one) = u8::try_from(number) {
        if one < 24 {
            out.push(first | one);
        } else {
            out.extend_from_slice(&[first | 24, one]);
        }
    } else if let Ok(two) = u16::try_from(number) {
        out.push(first | 25);
        out.extend_from_slice(&two.to_be_bytes());
    } else if let Ok(four) = u32::try_from(number) {
        out.push(first | 26);
        out.extend_from_slice(&four.to_be_bytes());
    } else {
        out.push(first | 27);
        out.extend_from_slice(&number.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for number in [0, 23, 24, 255, 256, 65535, 65536, u64::from(u32::MAX), 1 << 32, u64::MAX] {
            for major in 0..8 {
                let mut out = Vec::new();
                write(major, number, &mut out);
                for len in 0..out.len() {
                    assert_eq!(read(&out[..len]), Ok(None));
                }
                let head = read(&out).expect("valid").expect("whole");
                assert_eq!((head.major, head.number.value()), (major, Some(number)));
                assert_eq!(head.len, out.len());
            }
        }
        for reserved in [0x1c, 0x1e, 0x1f, 0x3f, 0xdf, 0xfc] {
            assert_eq!(read(&[reserved]), Err(Reserved));
        }
    }
}
