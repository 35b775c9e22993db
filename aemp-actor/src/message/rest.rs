//! Surplus arguments.

use aemp_transport::Value;

/// The last parameter of a handler that wants the surplus arguments of its messages; without it
/// they are ignored, so that messages can grow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rest(pub Vec<Value>);

impl std::ops::Deref for Rest {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.0
    }
}

impl From<Vec<Value>> for Rest {
    fn from(values: Vec<Value>) -> Self {
        Self(values)
    }
}

impl IntoIterator for Rest {
    type Item = Value;
    type IntoIter = std::vec::IntoIter<Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
