//! [`Read`]: how an encoding is read, part by part.

use std::borrow::Cow;

use crate::framing::DecodeError;

/// How many elements or entries follow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::framing) enum Length {
    Known(u64),
    /// As many as there are before the break.
    UntilBreak,
    /// As many as there are bytes.
    UntilEnd,
}

/// The next part of a value.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::framing) enum Item<'de> {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Str(Cow<'de, str>),
    Bytes(Cow<'de, [u8]>),
    /// A list of numbers that are all `u8`, as bytes; in what was encoded here only.
    ByteList(&'de [u8]),
    List(Length),
    Map(Length),
}

/// Reads bytes that were checked before. Whatever they are, it neither panics nor allocates more
/// than there are bytes.
pub(in crate::framing) trait Read<'de>: Sized {
    /// A reader of values one after the other.
    fn new(bytes: &'de [u8]) -> Self;

    /// How many bytes are left.
    fn left(&self) -> usize;

    /// Takes the next part.
    fn item(&mut self) -> Result<Item<'de>, DecodeError>;

    /// Takes the name of a map's entry.
    fn key(&mut self) -> Result<Cow<'de, str>, DecodeError>;

    /// Whether the next value is null. Takes nothing.
    fn is_null(&self) -> bool;

    /// Takes a break, if that is what is next.
    fn take_break(&mut self) -> bool;

    /// Takes the next value, all of it.
    fn skip(&mut self) -> Result<(), DecodeError>;
}
