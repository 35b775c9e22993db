//! What a packet begins with, before it has come whole.

use smol_str::SmolStr;

use super::Framing;
use super::encoding::{Encoding, with_encoding};

impl Framing {
    /// The first elements of a packet of which only these bytes have come: up to `limit` of them,
    /// up to the first one that is neither a string nor a number, or has not come whole. The first
    /// is the name of the port.
    ///
    /// Nothing has been checked yet: whatever the bytes are, nothing panics, and what is given is
    /// in proportion to them.
    #[must_use]
    pub fn first_texts(self, bytes: &[u8], limit: usize) -> Vec<SmolStr> {
        let mut texts = Vec::new();
        with_encoding!(self, E => E::first_texts(bytes, limit, &mut texts));
        texts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(framing: Framing) -> Vec<u8> {
        let mut bytes = Vec::new();
        let message = ("snd", "b\u{e4}\"h", 1234, "x".repeat(500), ((),), "behind");
        framing.encode("", &message, &mut bytes).expect("encodable");
        bytes
    }

    #[test]
    fn what_has_come_whole_is_read() {
        for framing in Framing::ALL {
            let bytes = packet(*framing);
            let expected = ["", "snd", "b\u{e4}\"h", "1234"];
            assert_eq!(framing.first_texts(&bytes[..60], 9), expected, "{framing}");
            assert_eq!(framing.first_texts(&bytes[..60], 2), expected[..2], "{framing}");
            assert_eq!(framing.first_texts(&bytes, 9).len(), 5, "up to the list: {framing}");
            for end in 0..60 {
                let texts = framing.first_texts(&bytes[..end], 9);
                assert_eq!(texts, expected[..texts.len()], "{framing} {end}");
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(
            framing in prop::sample::select(Framing::ALL),
            bytes in prop::collection::vec(prop_oneof![Just(b'"'), Just(b'['), any::<u8>()], 0..60),
        ) {
            let texts = framing.first_texts(&bytes, 9);
            prop_assert!(texts.iter().map(|text| text.chars().count()).sum::<usize>() <= 20 * bytes.len());
        }
    }
}
