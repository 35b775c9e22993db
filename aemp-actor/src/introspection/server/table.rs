//! The functions by which others look into this node.

use super::{deaths, functions, groups, info, ports, question, restart, stop, tap};
use crate::node::Builtin;

pub(crate) const INFO: Builtin =
    Builtin::function("aemp::info", |core, from, msg| question::ask(core, from, msg, info::answer));

pub(crate) const PORTS: Builtin = Builtin::function("aemp::ports", |core, from, msg| {
    question::ask(core, from, msg, ports::answer)
});

pub(crate) const DEATHS: Builtin = Builtin::function("aemp::deaths", |core, from, msg| {
    question::ask(core, from, msg, deaths::answer)
});

pub(crate) const STOP: Builtin =
    Builtin::function(stop::STOP, |core, from, msg| question::ask(core, from, msg, stop::answer));

pub(crate) const FUNCTIONS: Builtin = Builtin::function("aemp::functions", |core, from, msg| {
    question::ask(core, from, msg, functions::answer)
});

pub(crate) const GROUPS: Builtin = Builtin::function("aemp::groups", |core, from, msg| {
    question::ask(core, from, msg, groups::answer)
});

pub(crate) const TAP: Builtin =
    Builtin::function("aemp::tap", |core, from, msg| question::ask(core, from, msg, tap::answer));

pub(crate) const RESTART: Builtin = Builtin::function(restart::RESTART, |core, from, msg| {
    question::ask(core, from, msg, restart::answer)
});

pub(crate) const WATCHDOG: Builtin = Builtin::function(restart::WATCHDOG, restart::of_watchdog)
    .allowed_if(|rights, name| rights.may_run(name) && restart::may_restart(rights));
