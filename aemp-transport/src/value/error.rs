//! What can go wrong between a Rust type and a [`Value`](super::Value).

use std::fmt::Display;

use serde::{de, ser};

/// A type could not be made into a value, or a value does not have the shape of the type.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{text}")]
pub struct ValueError {
    /// What serde, or the type's own implementation, says about it.
    text: Box<str>,
}

impl ValueError {
    pub(crate) fn new(text: impl Into<Box<str>>) -> Self {
        Self { text: text.into() }
    }
}

impl ser::Error for ValueError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

impl de::Error for ValueError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}
