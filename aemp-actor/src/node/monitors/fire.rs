//! Firing a monitor: whatever ended the watched port (its death, a lost connection, a shutdown), this is
//! where whoever monitors it is notified.

use std::sync::Arc;

use aemp_transport::Value;

use super::action::{Action, Watch};
use crate::fail_points::fail_point;
use crate::message::Message;
use crate::node::Core;
use crate::reason::Reason;

/// Does what a watch is for. Whoever calls it has taken the watch out of its table.
pub(crate) fn fire(core: &Arc<Core>, watch: Watch, reason: &Reason) {
    let Watch { id, owner, action } = watch;
    let owner = owner.map(|owner| owner.upgrade());
    if matches!(owner, Some(None)) || fail_point!(ForgetMonitor) {
        core.user_code("a monitor", || drop(action));
        return;
    }
    let wrong;
    let reason = if fail_point!(WrongReason) {
        wrong = Reason::from("wrong");
        &wrong
    } else {
        reason
    };
    match (owner.flatten(), action) {
        (_, Action::Call(f)) => {
            core.user_code("a monitor", || f(reason.clone()));
        }
        (_, Action::Peer(peer, port)) => {
            if let Some(peer) = peer.upgrade() {
                peer.notify_death(&port, reason);
            }
        }
        (_, Action::Spawned(peer)) => {
            if let Some(peer) = peer.upgrade() {
                peer.spawned_ended();
            }
        }
        (Some(owner), Action::Kil(_)) if reason.is_normal() => owner.disown(id),
        (None, Action::Kil(_)) if reason.is_normal() => {}
        (Some(owner), Action::Kil(_)) => owner.fired_kil(id, reason.clone()),
        (None, Action::Kil(port)) => core.kil(&port, reason.clone()),
        (Some(owner), Action::Snd(_, values)) => {
            owner.fired_snd(id, reason.clone(), with_reason(values, reason));
        }
        (None, Action::Snd(port, values)) => core.snd(&port, &with_reason(values, reason)),
    }
}

fn with_reason(mut values: Vec<Value>, reason: &Reason) -> Message {
    values.extend(reason.values().iter().cloned());
    Message::from_values(values)
}
