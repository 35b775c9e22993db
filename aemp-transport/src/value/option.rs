//! A null inside a `Some`.
//!
//! `None` is null, and so are `()` and a `None` inside: what is null inside a `Some` is wrapped, as
//! `{"Some": null}`, so that it does not arrive as `None`. Nothing else is: what foreign nodes send and
//! expect for an `Option` is null or the value. A map of this look that is inside of an `Option` of an
//! `Option`, or of any value at all, is the one thing that is mistaken for it.

/// The name of a null that is inside a `Some`.
pub(crate) const SOME: &str = "Some";

/// What a serialiser to bytes has written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Written {
    /// What no `None` is taken for.
    Value,
    /// A null, wrapped or not, of so many bytes.
    Null { bytes: usize },
}
