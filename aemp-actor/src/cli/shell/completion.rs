//! Completing words with the tabulator.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;
use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};

use super::commands::COMMANDS;
use crate::cli::looking;
use crate::node::{Node, init_names};

/// Ports that were seen in messages and answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Arc<Mutex<BTreeSet<String>>>);

/// How many ports are remembered.
const REMEMBERED: usize = 1000;

impl Seen {
    pub(crate) fn add(&self, port: String) {
        let mut ports = self.0.lock();
        if ports.len() < REMEMBERED {
            ports.insert(port);
        }
    }
}

/// Completes commands, node IDs, port IDs, groups and init functions.
pub(crate) struct Completion {
    pub(crate) node: Node,
    pub(crate) seen: Seen,
}

impl Completion {
    /// What may stand at this place: the command, or one of its arguments.
    fn candidates(&self, command: Option<&str>, argument: usize) -> Vec<String> {
        match (command, argument) {
            (None, _) => COMMANDS.iter().map(|(name, ..)| (*name).to_owned()).collect(),
            (Some("groups"), 0) => self.node.groups(),
            (Some("spawn"), 1) => init_names().map(str::to_owned).collect(),
            (Some("spawn" | "eval" | "trace"), 0) => self.nodes(),
            (Some("snd" | "send" | "cal" | "mon" | "kil"), _) => {
                let ports =
                    self.node.groups().into_iter().flat_map(|group| self.node.grp_get(group));
                let mut all: Vec<String> = ports.map(|port| port.to_string()).collect();
                all.extend(self.seen.0.lock().iter().cloned());
                all.extend(self.nodes());
                all.push("$me".to_owned());
                all
            }
            _ => Vec::new(),
        }
    }

    fn nodes(&self) -> Vec<String> {
        looking::known(&self.node).into_iter().map(|(node, _)| node.to_string()).collect()
    }
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
        let mut words = before[..begin].split_whitespace();
        let command = words.next();
        let mut fitting = self.candidates(command, words.count());
        fitting.retain(|candidate| candidate.starts_with(&before[begin..]));
        fitting.sort();
        fitting.dedup();
        Ok((begin, fitting))
    }
}

impl Hinter for Completion {
    type Hint = String;
}
impl Highlighter for Completion {}
impl Validator for Completion {}
impl Helper for Completion {}
