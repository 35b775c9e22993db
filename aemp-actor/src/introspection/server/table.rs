//! The functions that every node has.

use std::sync::Arc;

use super::{functions, groups, info, ports, question, restart, tap};
use crate::message::Message;
use crate::node::{Core, Origin, Problem, Rights};
use crate::service::{DATA_CONNECT, DATA_EXPECT};
use crate::{log, mesh, relay, supervisor};

/// Carries out a call; `None` is a call of the node itself.
pub(crate) type Builtin = fn(&Arc<Core>, Option<&Origin>, &Message) -> Result<(), Problem>;

const TABLE: [(&str, Builtin); 10] = [
    ("aemp::info", |core, from, msg| question::ask(core, from, msg, info::answer)),
    ("aemp::ports", |core, from, msg| question::ask(core, from, msg, ports::answer)),
    ("aemp::functions", |core, from, msg| question::ask(core, from, msg, functions::answer)),
    ("aemp::groups", |core, from, msg| question::ask(core, from, msg, groups::answer)),
    ("aemp::tap", |core, from, msg| question::ask(core, from, msg, tap::answer)),
    (restart::RESTART, |core, from, msg| question::ask(core, from, msg, restart::answer)),
    (restart::WATCHDOG, restart::of_watchdog),
    (log::CONNECT, log::connect),
    (log::CATCH, log::catch),
    (supervisor::SUPERVISE, supervisor::supervise),
];

/// Whether rights contain one right.
type Granted = fn(&Rights) -> bool;

/// What the node port carries out itself, under other rights than the one to functions.
const OF_NODES: [(&str, Granted); 4] = [
    (relay::FUNCTION, Rights::may_join),
    (mesh::CONNECT, Rights::may_join),
    (DATA_EXPECT, Rights::may_open_data),
    (DATA_CONNECT, Rights::may_open_data),
];

/// The function of that name, if every node has it and the right to it is the one to functions.
pub(crate) fn find(name: &str) -> Option<Builtin> {
    TABLE.iter().find(|(other, _)| *other == name).map(|(_, builtin)| *builtin)
}

/// Whether programs cannot register a function of that name.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.starts_with("aemp::") || find(name).is_some() || OF_NODES.iter().any(|(n, _)| *n == name)
}

/// The names of all that every node has, and whether a node with these rights may run it; `None` is
/// the node itself.
pub(super) fn all(rights: Option<&Rights>) -> impl Iterator<Item = (&'static str, bool)> {
    let called = TABLE.iter().map(move |(name, _)| {
        let may = |rights: &Rights| match *name {
            // The node itself catches logs, as a service.
            log::CATCH => false,
            restart::WATCHDOG => rights.may_run(name) && restart::may_restart(rights),
            _ => rights.may_run(name),
        };
        (*name, rights.is_none_or(may))
    });
    let of_nodes = OF_NODES.iter();
    called.chain(of_nodes.map(move |(name, granted)| (*name, rights.is_none_or(granted))))
}
