//! Why a port ended: one type for local death, remote death, a lost connection and a port that
//! never existed.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use aemp_transport::{Value, to_values};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::die::Die;

/// Why a port died, as its monitors are told.
///
/// On the wire it is the tail of a `kil`/`kil0` request: nothing for a normal end, else a kind
/// and, by convention, a text. The kinds that this crate makes are in [`kind`]; anything else is
/// the application's own. Cheap to clone.
///
/// ```
/// use aemp_actor::{Reason, kind};
///
/// let reason = Reason::from(("out_of_paper", "tray 2"));
/// assert_eq!((reason.kind(), reason.text().as_str()), ("out_of_paper", "tray 2"));
/// assert!(Reason::from(()).is_normal());
///
/// /// Whether what was asked can be tried again, somewhere else.
/// fn is_temporary(reason: &Reason) -> bool {
///     matches!(reason.kind(), kind::TRANSPORT_ERROR | kind::SHUTDOWN | kind::OVERFLOW)
/// }
/// assert!(!is_temporary(&reason));
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Reason {
    /// `None` is a normal end.
    parts: Option<Arc<Parts>>,
}

/// What a reason that is no normal end consists of.
struct Parts {
    /// As they travel; not empty.
    values: Vec<Value>,
    /// Does not travel, and does not count in comparisons.
    absence: Option<Absence>,
}

/// What a node knows of another one to which it has no connection, beside the text for people.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Absence {
    /// It did not answer in time, or gave no sign of life.
    Silent,
    /// None of the nodes that were asked knows it.
    Unknown,
}

impl PartialEq for Parts {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

/// The kinds of [`Reason`] that the crate itself gives.
pub mod kind {
    /// A handler failed: an `Err(Die)`, a panic, a message of the wrong shape.
    pub const DIE: &str = "die";
    /// The port does not exist (any more) on its node.
    pub const NO_SUCH_PORT: &str = "no_such_port";
    /// There can be no node of that ID: it has characters that no node ID has. Or a handle knows no node to send
    /// from.
    pub const NO_SUCH_NODE: &str = "no_such_node";
    /// The connection to the port's node was lost or could not be made.
    pub const TRANSPORT_ERROR: &str = "transport_error";
    /// No connection can be made until somebody changes a configuration: the nodes have different
    /// secrets, or no method or framing in common.
    pub const AUTH_ERROR: &str = "auth_error";
    /// The other node does not allow what was asked of it (see [`Access`](crate::Access)).
    pub const ACCESS_DENIED: &str = "access_denied";
    /// A queue was full: the port's mailbox or the send queue of its node.
    pub const OVERFLOW: &str = "overflow";
    /// The node of the port was shut down, or its supervisor stopped it.
    pub const SHUTDOWN: &str = "shutdown";
    /// The children of a supervisor failed more often than it bears.
    pub const MAX_RESTARTS: &str = "max_restarts";
    /// What [`Reason::kind`](super::Reason::kind) calls a normal end; never on the wire.
    pub const NORMAL: &str = "normal";
}

impl Reason {
    /// A normal end: monitors are told, links do nothing.
    pub fn normal() -> Self {
        Self::default()
    }

    /// A reason of the given kind with a text.
    pub fn new(kind: impl Into<String>, text: impl Into<String>) -> Self {
        Self::from_values(vec![Value::Str(kind.into()), Value::Str(text.into())])
    }

    /// A reason from the values of a `kil` request; no values are a normal end. A kind that came as
    /// bytes, as some nodes write strings, becomes text.
    pub fn from_values(mut values: Vec<Value>) -> Self {
        if let Some(kind @ Value::Bytes(_)) = values.first_mut() {
            *kind = Value::Str(plain_text(kind));
        }
        Self::of(values, None)
    }

    fn of(values: Vec<Value>, absence: Option<Absence>) -> Self {
        let parts = (!values.is_empty()).then(|| Arc::new(Parts { values, absence }));
        Self { parts }
    }

    /// The same, of a node that this one has no connection to.
    pub(crate) fn with_absence(self, absence: Option<Absence>) -> Self {
        Self::of(self.values().to_vec(), absence)
    }

    pub(crate) fn no_such_port(id: &dyn fmt::Display) -> Self {
        Self::new(kind::NO_SUCH_PORT, format!("port {id} does not exist"))
    }

    pub(crate) fn transport(text: impl Into<String>) -> Self {
        Self::new(kind::TRANSPORT_ERROR, text)
    }

    /// Whether it holds a few hundred bytes at the most.
    pub(crate) fn is_short(&self) -> bool {
        const VALUES: usize = 4;
        const TEXT: usize = 128;
        let is_short = |value: &Value| match value {
            Value::Str(text) => text.capacity() <= TEXT,
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_) => true,
            _ => false,
        };
        self.values().len() <= VALUES && self.values().iter().all(is_short)
    }

    /// Whether this was a normal end.
    pub fn is_normal(&self) -> bool {
        self.parts.is_none()
    }

    /// Whether the other node was silent: it did not answer a dial or a handshake in time, or gave no sign
    /// of life for too long. Only the node that waited knows that: a reason that came from another node
    /// never says so.
    pub fn is_timeout(&self) -> bool {
        self.absence() == Some(Absence::Silent)
    }

    /// Whether the other node is not known in the network: nobody has told an address of it, and it did
    /// not connect. Only the node that looked for it knows that, as with
    /// [`is_timeout`](Self::is_timeout).
    pub fn is_unknown_node(&self) -> bool {
        self.absence() == Some(Absence::Unknown)
    }

    fn absence(&self) -> Option<Absence> {
        self.parts.as_ref().and_then(|parts| parts.absence)
    }

    /// The first value as text: `die`, `no_such_port`, … or the application's own;
    /// `normal` for a normal end.
    pub fn kind(&self) -> &str {
        match self.values().first() {
            None => kind::NORMAL,
            Some(first) => first.as_str().unwrap_or_default(),
        }
    }

    /// What follows the kind, as one text.
    pub fn text(&self) -> String {
        let texts: Vec<String> = self.values().iter().skip(1).map(plain_text).collect();
        texts.join(" ")
    }

    /// The values as they travel: empty for a normal end.
    pub fn values(&self) -> &[Value] {
        self.parts.as_ref().map_or(&[], |parts| &parts.values)
    }
}

fn plain_text(value: &Value) -> String {
    value.to_text().map_or_else(|| value.to_string(), Cow::into_owned)
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.values() {
            [] => f.write_str(kind::NORMAL),
            [only] => f.write_str(&plain_text(only)),
            [first, ..] => write!(f, "{}: {}", plain_text(first), self.text()),
        }
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reason({self})")
    }
}

impl From<()> for Reason {
    fn from((): ()) -> Self {
        Self::normal()
    }
}

impl From<&str> for Reason {
    fn from(kind: &str) -> Self {
        Self::from_values(vec![Value::from(kind)])
    }
}

impl From<String> for Reason {
    fn from(kind: String) -> Self {
        Self::from_values(vec![Value::Str(kind)])
    }
}

impl From<Die> for Reason {
    fn from(die: Die) -> Self {
        Self::new(kind::DIE, die.into_text())
    }
}

impl From<&Reason> for Reason {
    fn from(reason: &Reason) -> Self {
        reason.clone()
    }
}

macro_rules! from_tuple {
    ($($name:ident),+) => {
        impl<$($name: Serialize),+> From<($($name,)+)> for Reason {
            /// # Panics
            /// When a part cannot be serialised.
            fn from(parts: ($($name,)+)) -> Self {
                Self::from_values(to_values(&parts).expect("the parts of a reason serialise"))
            }
        }
    };
}
from_tuple!(A);
from_tuple!(A, B);
from_tuple!(A, B, C);
from_tuple!(A, B, C, D);

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.values().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Value>::deserialize(deserializer).map(Self::from_values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_texts() {
        assert_eq!(Reason::normal().kind(), "normal");
        assert!(Reason::from(()).is_normal());
        let (silent, text) = (Some(Absence::Silent), "no answer");
        let silent = Reason::transport(text).with_absence(silent);
        assert!(silent.is_timeout() && !silent.is_unknown_node());
        assert_eq!(silent, Reason::transport(text), "others are told the same");
        let own = Reason::from(("my_error", "bye", 7));
        assert_eq!((own.kind(), own.text().as_str()), ("my_error", "bye 7"));
        assert_eq!(own.to_string(), "my_error: bye 7");
        assert_eq!(own.values().len(), 3);
        assert_eq!(Reason::from("alone").to_string(), "alone");
        let bytes = |text: &'static [u8]| Value::Bytes(text.into());
        let foreign = Reason::from_values(vec![bytes(b"die"), bytes(b"caf\xe9")]);
        assert_eq!((foreign.kind(), foreign.text().as_str()), ("die", "café"));
    }
}
