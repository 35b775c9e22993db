//! [`Write`]: how an encoding writes the parts of a value.

/// What has content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::framing) enum Head {
    List,
    Map,
    /// A list of numbers that are all `u8`, as bytes.
    ByteList,
}

/// How an encoding writes the parts of a value.
pub(in crate::framing) trait Write {
    /// Whether heads tell how much follows. Then a list of numbers that are all `u8` becomes bytes, and
    /// the heads of both are equally long for the same length, so that one can be written over the other.
    const HAS_LENGTHS: bool;

    fn null(out: &mut Vec<u8>);
    fn truth(truth: bool, out: &mut Vec<u8>);
    fn signed(number: i64, out: &mut Vec<u8>);
    /// A number that does not fit `i64`, or any other.
    fn unsigned(number: u64, out: &mut Vec<u8>);
    fn float(number: f64, out: &mut Vec<u8>);
    /// A float of 32 bits: its decimal text is shorter than that of the same number with 64.
    fn short_float(number: f32, out: &mut Vec<u8>) {
        Self::float(number.into(), out);
    }
    fn text(text: &str, out: &mut Vec<u8>);
    fn bytes(bytes: &[u8], out: &mut Vec<u8>);
    /// The name of a map's entry; its value follows.
    fn key(name: &str, out: &mut Vec<u8>);
    /// `length` elements, entries or bytes follow.
    fn head(head: Head, length: usize, out: &mut Vec<u8>);
    /// Stands between two elements or entries, and before the first element of a message.
    fn separator(_out: &mut Vec<u8>) {}
    /// The content of a head ends.
    fn end(_head: Head, _out: &mut Vec<u8>) {}
}
