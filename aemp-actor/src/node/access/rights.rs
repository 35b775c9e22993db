//! [`Rights`]: what one node may ask.

use serde::{Deserialize, Serialize};
use wildmatch::WildMatch;

/// What another node may ask of this one.
///
/// Whatever is refused is logged, with the right that is missing, and counted
/// ([`DroppedCounts::refused`](crate::DroppedCounts::refused)); where there is somebody to tell, he
/// is told: a port that may not be spawned, or not be spoken to, is dead for its monitors, with the
/// reason `access_denied`. Every node may ask for a sign of life, and has its own messages echoed.
///
/// In a configuration file rights are an object; what is not named is granted:
/// `{"functions": ["Chat::*"], "kil": false}`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rights {
    messages: bool,
    kil: bool,
    relay: bool,
    eval: bool,
    look: bool,
    join: bool,
    data: bool,
    /// Patterns of names; `None` is all of them.
    functions: Option<Vec<String>>,
}

impl Default for Rights {
    fn default() -> Self {
        Self::all()
    }
}

impl Rights {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self::of(true, None)
    }

    /// Nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::of(false, Some(Vec::new()))
    }

    fn of(granted: bool, functions: Option<Vec<String>>) -> Self {
        Self {
            messages: granted,
            kil: granted,
            relay: granted,
            eval: granted,
            look: granted,
            join: granted,
            data: granted,
            functions,
        }
    }

    /// Sending to ports of this node, and monitoring them. A node without it is told that the
    /// ports it monitors are dead, `access_denied`, so that nothing it sends is lost in silence.
    #[must_use]
    pub fn messages(mut self, granted: bool) -> Self {
        self.messages = granted;
        self
    }

    /// Killing ports of this node.
    #[must_use]
    pub fn kil(mut self, granted: bool) -> Self {
        self.kil = granted;
        self
    }

    /// Having messages passed on to other nodes (`snd`, `snd_multiple` and the answers of other
    /// requests), which takes them for this node's own. Private nodes talk to each other that way.
    #[must_use]
    pub fn relay(mut self, granted: bool) -> Self {
        self.relay = granted;
        self
    }

    /// Having `eval` answered. Nothing is ever run: the answer says that it is not supported.
    #[must_use]
    pub fn eval(mut self, granted: bool) -> Self {
        self.eval = granted;
        self
    }

    /// Having `info`, `known_nodes`, `up_nodes` and `time` answered.
    #[must_use]
    pub fn look(mut self, granted: bool) -> Self {
        self.look = granted;
        self
    }

    /// Being a member of the mesh: telling of nodes and groups, and being told of them.
    #[must_use]
    pub fn join(mut self, granted: bool) -> Self {
        self.join = granted;
        self
    }

    /// Opening data connections to functions of this node that it may run, and having this node
    /// dial it for them.
    #[must_use]
    pub fn data(mut self, granted: bool) -> Self {
        self.data = granted;
        self
    }

    /// Spawning, calling and connecting to functions whose registered names match one of these patterns, in
    /// which `*` stands for any characters and `?` for one. Replaces earlier ones.
    #[must_use]
    pub fn functions<S: Into<String>>(mut self, patterns: impl IntoIterator<Item = S>) -> Self {
        self.functions = Some(patterns.into_iter().map(Into::into).collect());
        self
    }

    /// The same, with all functions as a pattern.
    pub(super) fn spelt_out(self) -> Self {
        let functions = self.functions.or_else(|| Some(vec!["*".to_owned()]));
        Self { functions, ..self }
    }

    pub(crate) fn may_send(&self) -> bool {
        self.messages
    }

    pub(crate) fn may_kil(&self) -> bool {
        self.kil
    }

    pub(crate) fn may_relay(&self) -> bool {
        self.relay
    }

    pub(crate) fn may_eval(&self) -> bool {
        self.eval
    }

    pub(crate) fn may_look(&self) -> bool {
        self.look
    }

    pub(crate) fn may_join(&self) -> bool {
        self.join
    }

    pub(crate) fn may_open_data(&self) -> bool {
        self.data
    }

    pub(crate) fn may_run(&self, function: &str) -> bool {
        match &self.functions {
            None => true,
            Some(patterns) => patterns.iter().any(|p| WildMatch::new(p).matches(function)),
        }
    }
}

/// Rights of which none is granted but those that are named.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Named {
    messages: bool,
    kil: bool,
    relay: bool,
    eval: bool,
    look: bool,
    join: bool,
    data: bool,
    functions: Vec<String>,
}

impl Named {
    pub(super) fn granted(self) -> Rights {
        let Self { messages, kil, relay, eval, look, join, data, functions } = self;
        let functions = Some(functions);
        Rights { messages, kil, relay, eval, look, join, data, functions }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_matched_by_pattern() {
        let rights = Rights::none().functions(["Chat::*", "Pool::worker"]);
        assert!(rights.may_run("Chat::session"));
        assert!(rights.may_run("Pool::worker"));
        assert!(!rights.may_run("Pool::workers"));
        assert!(!rights.may_run("Log::Chat::session"));
        assert!(Rights::all().may_run("anything::at_all"));
        assert!(!Rights::none().may_run("anything::at_all"));
    }

    #[test]
    fn what_a_file_does_not_name_is_granted() {
        let rights: Rights =
            serde_json::from_str(r#"{"functions": ["Chat::*"], "kil": false}"#).expect("valid");
        assert_eq!(rights, Rights::all().functions(["Chat::*"]).kil(false));
        let error =
            serde_json::from_str::<Rights>(r#"{"kill": false}"#).expect_err("a typing error");
        assert!(error.to_string().starts_with("unknown field `kill`"), "{error}");
    }
}
