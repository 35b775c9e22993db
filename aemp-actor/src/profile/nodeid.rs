//! Node IDs with parts that are filled in.

use crate::node::Chance;

/// Letters of what makes a node ID unique.
const UNIQUE: usize = 16;

/// `%n` becomes the host name, `%u` something unique; so does an empty part behind a `/` at the
/// end.
pub(crate) fn expand(text: &str, host: &str, chance: &dyn Chance) -> String {
    let mut id = text.replace("%n", host);
    if id.ends_with('/') {
        id.push_str("%u");
    }
    while let Some(at) = id.find("%u") {
        id.replace_range(at..at + 2, &chance.text(UNIQUE));
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
        let chance = &*config.chance;
        assert_eq!(expand("alpha", "host", chance), "alpha");
        assert_eq!(expand("%n", "host", chance), "host");
        for text in ["anon/", "anon/%u"] {
            let id = expand(text, "host", chance);
            assert_eq!((id.len(), &id[..5]), (5 + UNIQUE, "anon/"));
            assert_ne!(id, expand(text, "host", chance));
        }
        assert!(expand("a/%n/%u/b", "host", chance).starts_with("a/host/"));
    }
}
