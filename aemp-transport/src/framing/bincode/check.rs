//! Checks that bytes are values, without recursion and without allocating what they claim.

use super::primitive::{Malformed, take_float, take_signed, take_unsigned};
use super::tag;
use crate::framing::FrameError;

/// A list or map that is open.
struct Open {
    /// Values, or entries, that are still to come.
    left: u64,
    is_map: bool,
}

/// What may be where values are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// The deepest nesting, the packet itself being the first level.
    pub(super) max_depth: usize,
    /// Whether [`tag::BYTE_LIST`] may be there.
    pub(super) kept: bool,
}

impl From<Malformed> for FrameError {
    fn from(_: Malformed) -> Self {
        Self::Bincode("a number is not whole")
    }
}

/// Takes `count` values off the front of `bytes`.
pub(super) fn take_values(bytes: &mut &[u8], count: u64, rules: Rules) -> Result<(), FrameError> {
    let mut innermost = Open { left: count, is_map: false };
    // Allocates only for what is nested.
    let mut outer = Vec::new();
    loop {
        if innermost.left == 0 {
            match outer.pop() {
                Some(open) => innermost = open,
                None => return Ok(()),
            }
            continue;
        }
        innermost.left -= 1;
        if innermost.is_map {
            take_text(bytes)?;
        }
        if let Some(inner) = take_value(bytes, rules)? {
            if outer.len() + 1 >= rules.max_depth {
                return Err(FrameError::TooDeep { limit: rules.max_depth });
            }
            outer.push(std::mem::replace(&mut innermost, inner));
        }
    }
}

/// Takes a value; of a list or a map only its head, which is given.
fn take_value(bytes: &mut &[u8], rules: Rules) -> Result<Option<Open>, FrameError> {
    let (&first, rest) = bytes.split_first().ok_or(FrameError::Bincode("a value is missing"))?;
    *bytes = rest;
    match first {
        tag::NULL => {}
        tag::BOOL => match bytes.split_first() {
            Some((0 | 1, rest)) => *bytes = rest,
            _ => return Err(FrameError::Bincode("a boolean is neither 0 nor 1")),
        },
        tag::INT => drop(take_signed(bytes)?),
        tag::UINT => drop(take_unsigned(bytes)?),
        tag::FLOAT => drop(take_float(bytes)?),
        tag::STR => drop(take_text(bytes)?),
        tag::BYTES => drop(take_content(bytes)?),
        tag::BYTE_LIST if rules.kept => drop(take_content(bytes)?),
        tag::LIST | tag::MAP => {
            let left = possible(take_unsigned(bytes)?, bytes)?;
            return Ok(Some(Open { left, is_map: first == tag::MAP }));
        }
        _ => return Err(FrameError::Bincode("a value has an unknown tag")),
    }
    Ok(None)
}

/// A count that there can be: every value has a byte at least.
pub(super) fn possible(count: u64, bytes: &[u8]) -> Result<u64, FrameError> {
    if count > bytes.len() as u64 {
        return Err(FrameError::Bincode("a list or a map is longer than its packet"));
    }
    Ok(count)
}

/// Takes a length and as many bytes.
pub(super) fn take_content<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], FrameError> {
    let length = take_unsigned(bytes)?;
    let content = usize::try_from(length).ok().and_then(|length| bytes.split_at_checked(length));
    let (content, rest) =
        content.ok_or(FrameError::Bincode("a string is longer than its packet"))?;
    *bytes = rest;
    Ok(content)
}

/// Takes a length and as many bytes of text.
pub(super) fn take_text<'a>(bytes: &mut &'a [u8]) -> Result<&'a str, FrameError> {
    std::str::from_utf8(take_content(bytes)?).map_err(|_| FrameError::Utf8)
}
