//! [`Access`]: which node has which rights.

use serde::{Deserialize, Serialize};
use wildmatch::WildMatch;

use super::Rights;
use super::rights::Named;

/// Which node has which rights: the first rule whose pattern matches its node ID, or what is
/// granted otherwise.
///
/// By default every node that has proved that it belongs to the network may do everything, and
/// untrusted ones (without a secret or a certificate) nothing. A node ID is what the node says of
/// itself: whoever knows the secret can say any; certificates that name the node
/// ([`Config::check_node_id`](crate::Config)) bind it.
///
/// ```
/// use aemp_actor::{Access, Rights};
///
/// let access = Access::default()
///     .rule("worker-*", Rights::all().functions(["Pool::*"]).kil(false))
///     .rule("guest/*", Rights::none().messages(true))
///     .otherwise(Rights::all().relay(false));
/// ```
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Access {
    rules: Vec<Rule>,
    otherwise: Rights,
    untrusted: Untrusted,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// A pattern of node IDs.
    nodes: String,
    rights: Rights,
}

/// Rights that are none unless somebody says otherwise: in a file, each that is not named.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(from = "Named", into = "Rights")]
struct Untrusted(Rights);

impl From<Named> for Untrusted {
    fn from(named: Named) -> Self {
        Self(named.granted())
    }
}

impl From<Untrusted> for Rights {
    /// Everything is named: what is not written would not be granted when it is read.
    fn from(untrusted: Untrusted) -> Self {
        untrusted.0.spelt_out()
    }
}

impl Default for Untrusted {
    fn default() -> Self {
        Self(Rights::none())
    }
}

impl Access {
    /// Nodes whose IDs match `pattern`, in which `*` stands for any characters and `?` for one,
    /// have these rights, unless an earlier rule matches.
    #[must_use]
    pub fn rule(mut self, pattern: impl Into<String>, rights: Rights) -> Self {
        self.rules.push(Rule { nodes: pattern.into(), rights });
        self
    }

    /// Nodes that no rule matches have these rights. Default: all.
    #[must_use]
    pub fn otherwise(mut self, rights: Rights) -> Self {
        self.otherwise = rights;
        self
    }

    /// Nodes that have not proved that they belong to the network have these rights, whatever they
    /// call themselves. Default: none.
    #[must_use]
    pub fn untrusted(mut self, rights: Rights) -> Self {
        self.untrusted = Untrusted(rights);
        self
    }

    /// The rights of a node.
    #[must_use]
    pub fn of(&self, node: &str, trusted: bool) -> &Rights {
        if !trusted {
            return &self.untrusted.0;
        }
        let rule = self.rules.iter().find(|rule| WildMatch::new(&rule.nodes).matches(node));
        rule.map_or(&self.otherwise, |rule| &rule.rights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_matches_counts() {
        let access = Access::default()
            .rule("worker-1", Rights::none())
            .rule("worker-*", Rights::all().kil(false));
        assert_eq!(access.of("worker-1", true), &Rights::none());
        assert_eq!(access.of("worker-12", true), &Rights::all().kil(false));
        assert_eq!(access.of("alpha", true), &Rights::all());
        assert_eq!(access.of("alpha", false), &Rights::none());
        assert_eq!(access.of("worker-12", false), &Rights::none());
    }

    #[test]
    fn reads_a_file() {
        let access: Access = serde_json::from_str(
            r#"{"rules": [{"nodes": "w*", "rights": {"kil": false}}], "untrusted": {"messages": true}}"#,
        )
        .expect("valid");
        assert_eq!(access.of("w1", true), &Rights::all().kil(false));
        assert_eq!(access.of("x", true), &Rights::all());
        assert_eq!(access.of("x", false), &Rights::none().messages(true));
        for wrong in
            [r#"{"rules": [{"nodes": "w*"}]}"#, r#"{"rules": [{"nodes": "w*", "right": {}}]}"#]
        {
            assert!(serde_json::from_str::<Access>(wrong).is_err(), "{wrong}");
        }
        let written = serde_json::to_string(&access).expect("it serialises");
        assert_eq!(serde_json::from_str::<Access>(&written).ok(), Some(access));
    }
}
