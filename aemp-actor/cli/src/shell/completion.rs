//! Completing words with the tabulator.

use clap::Command;
use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};

use super::asking::Asking;
use super::jobs::Jobs;
use super::place::{Expected, Walk};
use super::seen::Seen;
use crate::{NetworkConnection, command_line};
use aemp_actor::introspection::FunctionKind;
use aemp_actor::{Node, NodeId, init_names};

/// Completes commands and their options, node IDs, port IDs, groups, functions and jobs.
pub(crate) struct Completion {
    pub(crate) definition: Command,
    pub(crate) node: Node,
    /// Where ports without a node are.
    pub(crate) on: Option<String>,
    pub(crate) asking: Asking,
    pub(crate) seen: Seen,
    pub(crate) jobs: Jobs,
    /// This command ends when it has told.
    pub(crate) at_once: bool,
}

impl Completion {
    /// What the word at the end of these may become. One that is the only one, and complete, is followed by
    /// a space.
    pub(crate) fn of(&self, words: &[&str], word: &str) -> Vec<String> {
        let Some(place) = Walk::along(&self.definition, words).place(word) else {
            return Vec::new();
        };
        let is_port = matches!(place, Expected::Port | Expected::Argument(_));
        let mut candidates = self.candidates(place, word);
        if let [only] = &mut candidates[..] {
            // A node may become one of its ports.
            let may_go_on = is_port && self.asking.nodes().contains(only);
            if !may_go_on {
                only.push(' ');
            }
        }
        candidates
    }

    /// What may stand at this place and begins like `word`.
    fn candidates(&self, place: Expected, word: &str) -> Vec<String> {
        let mut candidates = match place {
            Expected::Command => {
                self.definition.get_subcommands().map(|sub| sub.get_name().to_owned()).collect()
            }
            Expected::OneOf(words) => words,
            Expected::Node => self.asking.nodes(),
            Expected::Port | Expected::Argument(None) => self.ports(word),
            Expected::Argument(Some(node)) => {
                let functions = self.asking.functions(&node).into_iter();
                let called = functions.filter(|function| function.kind != FunctionKind::Init);
                called.map(|function| function.name).chain(self.ports(word)).collect()
            }
            Expected::Group => self.node.groups(),
            Expected::Init(node) => self.inits(&node),
            Expected::Job => {
                let numbers = self.jobs.list().into_iter().map(|(number, _)| number.to_string());
                numbers.chain(["all".to_owned()]).collect()
            }
        };
        // Other people's commands, and this one, are gone before anybody asks them anything.
        let is_gone = |candidate: &str| self.at_once && NodeId::from(candidate).is_anonymous();
        candidates.retain(|candidate| candidate.starts_with(word) && !is_gone(candidate));
        candidates.sort();
        candidates.dedup();
        candidates
    }

    /// The init functions of a node; of this program, if the node does not say.
    fn inits(&self, node: &str) -> Vec<String> {
        let functions = self.asking.functions(node);
        if functions.is_empty() {
            return init_names().map(str::to_owned).collect();
        }
        let inits = functions.into_iter().filter(|function| function.kind == FunctionKind::Init);
        inits.map(|function| function.name).collect()
    }

    fn ports(&self, word: &str) -> Vec<String> {
        let members = self.node.groups().into_iter().flat_map(|group| self.node.grp_get(group));
        let mut all: Vec<String> = members.map(|port| port.to_string()).collect();
        all.extend(self.seen.ports());
        if let Some((node, name)) = word.split_once('#') {
            let of = if node.is_empty() { self.on.as_deref().unwrap_or_default() } else { node };
            let names = self.asking.ports(of, name).into_iter();
            all.extend(names.map(|name| format!("{of}#{name}")));
        } else {
            all.extend(self.asking.nodes());
            all.push("$me".to_owned());
        }
        if let Some(on) = self.on.as_deref().filter(|_| word.starts_with('#')) {
            let here = all.iter().filter_map(|port| port.strip_prefix(on));
            return here.filter(|rest| rest.starts_with('#')).map(str::to_owned).collect();
        }
        all
    }
}

/// Whether nodes are asked what the word behind these may become.
pub(crate) fn asks_network(definition: &Command, words: &[String], word: &str) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match Walk::along(definition, &words).place(word) {
        Some(
            Expected::Node
            | Expected::Port
            | Expected::Argument(_)
            | Expected::Group
            | Expected::Init(_),
        ) => true,
        Some(Expected::Command | Expected::Job | Expected::OneOf(_)) | None => false,
    }
}

/// What the last word of a command line may become, of what the network knows: nodes, ports, groups,
/// functions. Nodes are asked for as long as the command may take.
pub(crate) async fn proposals(
    connection: &NetworkConnection,
    words: Vec<String>,
    word: String,
) -> Vec<String> {
    let completion = Completion {
        definition: command_line::command(),
        node: connection.node.clone(),
        on: None,
        asking: Asking::new(connection.node.clone(), connection.options.timeout()),
        seen: Seen::default(),
        jobs: Jobs::default(),
        at_once: true,
    };
    // It waits for answers.
    let proposing = tokio::task::spawn_blocking(move || {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        completion.of(&words, &word)
    });
    proposing.await.unwrap_or_default()
}

impl Completer for Completion {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let before = &line[..at];
        let begin = before.rfind(char::is_whitespace).map_or(0, |space| space + 1);
        let (words, word) = before.split_at(begin);
        let words: Vec<&str> = words.split_whitespace().collect();
        Ok((begin, self.of(&words, word)))
    }
}

impl Hinter for Completion {
    type Hint = String;
}
impl Highlighter for Completion {}
impl Validator for Completion {}
impl Helper for Completion {}
