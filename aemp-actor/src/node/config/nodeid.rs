//! Node IDs with parts that are filled in.

use crate::node::environment::Environment;

/// Letters of what makes a node ID unique.
const UNIQUE: usize = 16;

/// `%n` becomes the host name, `%u` something unique; so does an empty part behind a `/` at the
/// end.
pub(crate) fn expand(text: &str, host: &str, environment: &dyn Environment) -> String {
    let mut id = text.replace("%n", host);
    if id.ends_with('/') {
        id.push_str("%u");
    }
    while let Some(at) = id.find("%u") {
        id.replace_range(at..at + 2, &environment.text(UNIQUE));
    }
    id
}

/// The name of this host, as `uname -n` prints it.
pub fn host_name() -> String {
    hostname::get().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_filled_in() {
        let config = crate::Config::new();
        let environment = &*config.environment;
        assert_eq!(expand("alpha", "host", environment), "alpha");
        assert_eq!(expand("%n", "host", environment), "host");
        for text in ["anon/", "anon/%u"] {
            let id = expand(text, "host", environment);
            assert_eq!((id.len(), &id[..5]), (5 + UNIQUE, "anon/"));
            assert_ne!(id, expand(text, "host", environment));
        }
        assert!(expand("a/%n/%u/b", "host", environment).starts_with("a/host/"));
    }
}
