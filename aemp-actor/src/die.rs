//! What a handler returns to kill its port.

use std::error::Error;
use std::fmt;

/// The error of a handler that cannot go on: its port is killed with the kind `die` and this text.
///
/// Made by the [`die!`](crate::die) macro, or by `?` from any [`std::error::Error`], from a
/// `Box<dyn Error>`, from `anyhow::Error` and from a text: from all that becomes a `Box<dyn Error>`. The
/// text tells all causes. It is not an `Error` itself, so that ordinary application errors, which are
/// answered to the caller as data, are not confused with it.
///
/// ```
/// use aemp_actor::Die;
///
/// fn load(path: &str) -> Result<String, Box<dyn std::error::Error>> {
///     Ok(std::fs::read_to_string(path)?)
/// }
///
/// fn handler() -> Result<(), Die> {
///     load("/no/such/file")?;
///     Ok(())
/// }
///
/// assert!(handler().is_err_and(|die| die.text().contains("No such file")));
/// ```
///
/// (Of boxes with more bounds, as `Box<dyn Error + Send + Sync>`, the standard library makes no
/// `Box<dyn Error>` in a conversion: `load().map_err(|error| error as Box<dyn Error>)?`.)
pub struct Die {
    text: String,
}

impl Die {
    /// A `Die` with a text for the people who read the logs.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

impl<'a, E: Into<Box<dyn Error + 'a>>> From<E> for Die {
    fn from(error: E) -> Self {
        let error = error.into();
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        Self { text }
    }
}

impl fmt::Debug for Die {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Die({:?})", self.text)
    }
}

impl fmt::Display for Die {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Makes a [`Die`] from a format string: `return Err(die!("no room for {nick}"))`.
#[macro_export]
macro_rules! die {
    ($($arg:tt)*) => { $crate::Die::new(::std::format!($($arg)*)) };
}
