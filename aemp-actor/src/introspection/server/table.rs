//! The functions that every node has.

use std::sync::Arc;

use super::{functions, groups, info, ports, question, restart, tap};
use crate::log;
use crate::message::Message;
use crate::node::{Core, Origin, Problem};

/// Carries out a call; `None` is a call of the node itself.
pub(crate) type Builtin = fn(&Arc<Core>, Option<&Origin>, &Message) -> Result<(), Problem>;

const TABLE: [(&str, Builtin); 8] = [
    ("aemp::info", |core, from, msg| question::ask(core, from, msg, info::answer)),
    ("aemp::ports", |core, from, msg| question::ask(core, from, msg, ports::answer)),
    ("aemp::functions", |core, from, msg| question::ask(core, from, msg, functions::answer)),
    ("aemp::groups", |core, from, msg| question::ask(core, from, msg, groups::answer)),
    ("aemp::tap", |core, from, msg| question::ask(core, from, msg, tap::answer)),
    ("aemp::restart", |core, from, msg| question::ask(core, from, msg, restart::answer)),
    (log::CONNECT, log::connect),
    (log::CATCH, log::catch),
];

/// The function of that name, if every node has it.
pub(crate) fn find(name: &str) -> Option<Builtin> {
    TABLE.iter().find(|(other, _)| *other == name).map(|(_, builtin)| *builtin)
}

/// Whether programs cannot register a function of that name.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.starts_with("aemp::") || find(name).is_some()
}

/// Their names.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, _)| *name)
}
