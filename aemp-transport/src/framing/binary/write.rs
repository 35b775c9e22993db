//! [`Write`]: how an encoding writes the parts of a value.

/// What has a length before its content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::framing) enum Head {
    List,
    Map,
    /// A list of numbers that are all `u8`, as bytes.
    ByteList,
}

/// How an encoding writes the parts of a value.
///
/// The heads of a list and of the bytes that it may turn out to be are equally long for the same
/// length, so that one can be written over the other.
pub(in crate::framing) trait Write {
    fn null(out: &mut Vec<u8>);
    fn truth(truth: bool, out: &mut Vec<u8>);
    fn signed(number: i64, out: &mut Vec<u8>);
    /// A number that does not fit `i64`, or any other.
    fn unsigned(number: u64, out: &mut Vec<u8>);
    fn float(number: f64, out: &mut Vec<u8>);
    fn text(text: &str, out: &mut Vec<u8>);
    fn bytes(bytes: &[u8], out: &mut Vec<u8>);
    /// The name of a map's entry; its value follows.
    fn key(name: &str, out: &mut Vec<u8>);
    /// `length` elements, entries or bytes follow.
    fn head(head: Head, length: usize, out: &mut Vec<u8>);
}
