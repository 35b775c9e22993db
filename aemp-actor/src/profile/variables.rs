//! The environment variables that matter, as plain data.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// Variables variables. One that is empty counts as not set.
#[derive(Clone, Debug, Default)]
pub struct Variables(BTreeMap<String, OsString>);

impl Variables {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self::new(std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            let matters = name.starts_with("AEMP_")
                || name.starts_with("XDG_")
                || matches!(name.as_str(), "PERL_ANYEVENT_MP_RC" | "HOME" | "APPDATA");
            matters.then_some((name, value))
        }))
    }

    pub(crate) fn new<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<OsString>,
    {
        let all = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self(all.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The names of those that are set.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The variable as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.get(name).map(PathBuf::from)
    }

    /// The variable as text; an error text when it is none.
    pub fn text(&self, name: &str) -> Option<Result<String, String>> {
        let value = self.0.get(name)?;
        Some(value.clone().into_string().map_err(|_| "it is not UTF-8".to_owned()))
    }
}
