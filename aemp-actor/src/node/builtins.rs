//! Functions that every node has, whatever the program registers. The table of them is handed to the node when
//! it is set up; the node port looks them up, and knows none of them.

use std::sync::Arc;

use super::access::Rights;
use super::core::Core;
use super::inbound::Origin;
use super::requests::Problem;
use crate::id::PortName;
use crate::message::Message;

/// Carries out a call; `None` is a call of the node itself.
pub(crate) type CallBuiltin = fn(&Arc<Core>, Option<&Origin>, &Message) -> Result<(), Problem>;

/// Makes a port of this name that another node spawns; false when the name is taken.
pub(crate) type SpawnBuiltin = fn(&Arc<Core>, &Origin, PortName, &Message) -> bool;

/// Whether rights contain that to a function of this name.
type Granted = fn(&Rights, &str) -> bool;

/// A function that every node has.
#[derive(Clone, Copy)]
pub(crate) struct Builtin {
    name: &'static str,
    run: Run,
    /// The right that the node demands before it runs the function, unless that asks for it itself.
    demanded: Option<(&'static str, Granted)>,
    /// Whether another node with these rights is told that it may run the function.
    allowed: Granted,
    /// It is run on a node that is shut down, too.
    is_needed_to_end: bool,
}

#[derive(Clone, Copy)]
enum Run {
    Call(CallBuiltin),
    Spawn(SpawnBuiltin),
}

impl Builtin {
    /// One that whoever has the right to functions of its name can call.
    pub(crate) const fn function(name: &'static str, call: CallBuiltin) -> Self {
        let demanded = Some(("functions", Rights::may_run as Granted));
        Self {
            name,
            run: Run::Call(call),
            demanded,
            allowed: Rights::may_run,
            is_needed_to_end: false,
        }
    }

    /// One that belongs to the joining of a mesh, and that connections need to end.
    pub(crate) const fn of_joining(name: &'static str, call: CallBuiltin) -> Self {
        let demanded = Some(("join", may_join as Granted));
        Self { name, run: Run::Call(call), demanded, allowed: may_join, is_needed_to_end: true }
    }

    /// An init function that belongs to the joining of a mesh.
    pub(crate) const fn spawned_to_join(name: &'static str, spawn: SpawnBuiltin) -> Self {
        let demanded = Some(("join", may_join as Granted));
        Self { name, run: Run::Spawn(spawn), demanded, allowed: may_join, is_needed_to_end: false }
    }

    /// One that asks for the right to data connections itself, since somebody is notified of a refusal.
    pub(crate) const fn of_data(name: &'static str, call: CallBuiltin) -> Self {
        let allowed = |rights: &Rights, _: &str| rights.may_open_data();
        Self { name, run: Run::Call(call), demanded: None, allowed, is_needed_to_end: false }
    }

    /// The same, but other nodes may run it only if `allowed` says so: it refuses them itself.
    pub(crate) const fn allowed_if(self, allowed: Granted) -> Self {
        Self { allowed, ..self }
    }
}

fn may_join(rights: &Rights, _: &str) -> bool {
    rights.may_join()
}

/// The functions that a node was handed.
#[derive(Clone, Copy)]
pub(crate) struct Builtins(pub(crate) &'static [Builtin]);

impl Builtins {
    fn find(self, name: &str) -> Option<&'static Builtin> {
        self.0.iter().find(|builtin| builtin.name == name)
    }

    /// Calls the function of this name; `None` if there is none.
    pub(super) fn call(
        self,
        name: &str,
        core: &Arc<Core>,
        from: Option<&Origin>,
        message: &Message,
    ) -> Option<Result<(), Problem>> {
        let Builtin { run: Run::Call(call), demanded, .. } = self.find(name)? else { return None };
        if let (Some((right, granted)), Some(origin)) = (demanded, from)
            && let Err(problem) = origin.demand(right, |rights| granted(rights, name))
        {
            return Some(Err(problem));
        }
        Some(call(core, from, message))
    }

    /// What makes a port when another node spawns it by this name, and the right to that.
    pub(super) fn init(self, name: &str) -> Option<(SpawnBuiltin, (&'static str, Granted))> {
        match self.find(name)? {
            Builtin { run: Run::Spawn(spawn), demanded: Some(right), .. } => Some((*spawn, *right)),
            _ => None,
        }
    }

    /// Whether the node can call this function for itself, as a service.
    pub(super) fn is_service(self, name: &str) -> bool {
        let is_function = |builtin: &Builtin| matches!(builtin.demanded, Some(("functions", _)));
        self.find(name).is_some_and(is_function)
    }

    /// Whether calls of this function are carried out on a node that is shut down.
    pub(super) fn is_needed_to_end(self, name: &str) -> bool {
        self.find(name).is_some_and(|builtin| builtin.is_needed_to_end)
    }

    /// Panics when nobody could call a function of this name.
    #[track_caller]
    pub(crate) fn check_name(self, name: &str) {
        assert!(name.contains("::"), "the name of a function must contain \"::\": {name:?}");
        let is_reserved = name.starts_with("aemp::") || self.find(name).is_some();
        assert!(!is_reserved, "every node has a function {name:?} of its own");
    }

    /// The names of all, and whether a node with these rights may run it; `None` is the node itself.
    pub(crate) fn all(self, rights: Option<&Rights>) -> impl Iterator<Item = (&'static str, bool)> {
        let may = move |one: &Builtin| rights.is_none_or(|rights| (one.allowed)(rights, one.name));
        self.0.iter().map(move |one| (one.name, may(one)))
    }
}
