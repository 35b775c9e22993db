//! Spawning: asking for a port on a node by the name of its init function, and carrying that out when another
//! node asks.

use std::sync::Arc;

use aemp_transport::Value;
use serde::Serialize;

use super::access::Rights;
use super::core::Core;
use super::functions;
use super::inbound::Origin;
use super::monitors::{Action, Watch};
use super::requests::{LONGEST_NAME, Problem, port_and_rest};
use super::waiting::Place;
use crate::die::Die;
use crate::id::{NodeId, PortId, PortName};
use crate::message::{Message, shortened};
use crate::port::{FnPort, create_port};
use crate::reason::{Reason, kind};
use crate::suggestion::nearest;

/// The request that spawns a port: `NAME INIT ARGS…`.
pub(super) const SPAWN: &str = "AnyEvent::MP::_spawn";

impl Core {
    /// Creates a port on a node; its ID is known at once.
    #[track_caller]
    pub(crate) fn spawn<M: Serialize + ?Sized>(
        self: &Arc<Self>,
        node: &NodeId,
        init: &str,
        args: &M,
    ) -> PortId {
        let name = self.registry().new_name();
        let port = PortId::new(node.clone(), name.clone());
        let mut request = vec![Value::from(SPAWN), Value::from(name.as_str()), Value::from(init)];
        match aemp_transport::to_values(args) {
            Ok(values) => request.extend(values),
            Err(error) => panic!("the arguments of {init} cannot be serialised: {error}"),
        }
        if *node == *self.id() {
            let mut message = request.split_off(2);
            message[0] = Value::from(init);
            spawn_here(self, name, init, Message::from_values(message));
        } else {
            self.request(&port, Place::Ahead, &request);
        }
        port
    }
}

/// Carries out the request of a node, or of this node itself.
pub(super) fn carry_out(
    core: &Arc<Core>,
    from: Option<&Origin>,
    message: Message,
) -> Result<(), Problem> {
    let (port, args) = port_and_rest(message)?;
    if port.is_empty() {
        return Err("the name of the new port is empty".into());
    }
    let init = args.first_text().ok_or("the name of the init function is missing")?;
    let problem = if port.len() > LONGEST_NAME {
        "the name of the new port is longer than 256 bytes"
    } else if core.registry().is_own_space(&port) {
        // Whoever has one takes the place of a port that this node is yet to make.
        "the name of the new port is one that only this node gives"
    } else if spawn_for(core, from, &port, &init, args)? {
        return Ok(());
    } else {
        "a port of that name exists already"
    };
    if let Some(origin) = from {
        origin.peer.notify_refused(&port, &Reason::new(kind::DIE, problem));
    }
    Err(problem.into())
}

/// Spawns it for whoever asks, who has to have the right to it and no more ports here than it may; false when
/// there is a port of that name.
fn spawn_for(
    core: &Arc<Core>,
    from: Option<&Origin>,
    port: &PortName,
    init: &str,
    args: Message,
) -> Result<bool, Problem> {
    let Some(origin) = from else {
        return Ok(spawn_here(core, port.clone(), init, args));
    };
    let peer = &origin.peer;
    let builtin = core.builtins().init(init);
    let (right, granted) = match builtin {
        Some((_, (right, granted))) => (right, granted(&origin.rights, init)),
        None => ("functions", Rights::may_run(&origin.rights, init)),
    };
    if !granted {
        peer.notify_denied(core, port, "be spawned");
        return Err(Problem::Denied(right));
    }
    if let Some((spawn, _)) = builtin {
        return Ok(spawn(core, origin, port.clone(), &args));
    }
    if !peer.may_spawn(core) {
        peer.refuse_spawn(core, port);
        return Err("it has spawned too many ports (max_spawned)".into());
    }
    if !spawn_here(core, port.clone(), init, args) {
        peer.spawned_ended();
        return Ok(false);
    }
    let action = Action::Spawned(Arc::downgrade(peer));
    let watch = Watch { id: core.new_watch_id(), owner: None, action };
    let counted = core.registry().find(port).is_some_and(|cell| cell.watch(watch).is_ok());
    if !counted {
        peer.spawned_ended();
    }
    Ok(true)
}

/// Creates the port `port` and runs the init function of this name in its context. For an unknown
/// one there is no port: it counts as having died, so that its spawner is notified in order. False
/// when the name is taken, or the node is shut down: nothing was done.
fn spawn_here(core: &Arc<Core>, port: PortName, init: &str, args: Message) -> bool {
    if let Some(entry) = functions::init(init) {
        return entry.create(core, port, args);
    }
    let meant = meant_by(init);
    let meant = meant.map(|name| format!(" (did you mean {name:?}?)")).unwrap_or_default();
    let text = format!("node {} has no init function {:?}{meant}", core.id(), shortened(init));
    let reason = Reason::from(Die::new(text));
    core.operated().port_died(&port, "unknown", &reason, core.environment());
    core.registry().add_failed_spawn(&port, &reason);
    true
}

/// The init function that was probably meant: another of the same module, or of a module that is called much the
/// same. What is common to all names of a module makes none of them likely.
fn meant_by(init: &str) -> Option<&'static str> {
    let init = shortened(init);
    let (module, function) = parts(&init);
    let mut names: Vec<&str> = functions::init_names().collect();
    names.sort_unstable();
    let beside = names.iter().filter(|name| parts(name).0 == module);
    let beside = nearest(function, beside.map(|name| parts(name).1));
    let (module, function) = match beside {
        Some(other) => (module, other),
        None => {
            let elsewhere = names.iter().filter(|name| parts(name).1 == function);
            (nearest(module, elsewhere.map(|name| parts(name).0))?, function)
        }
    };
    names.iter().find(|name| parts(name) == (module, function)).copied()
}

/// The module and the function that a name is made of.
fn parts(name: &str) -> (&str, &str) {
    name.rsplit_once("::").unwrap_or(("", name))
}

/// Creates a port that dies at once; false when the name is taken, or the node is shut down.
pub(crate) fn spawn_failed(core: &Arc<Core>, port: PortName, die: Die) -> bool {
    create_port::<FnPort>(core, port, Box::new(move |_| Box::pin(async move { Err(die) })))
}
