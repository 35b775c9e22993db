//! A message during whose encoding the connection that it is for is lost.

use std::cell::Cell;

use aemp_actor::sim::internals;
use aemp_actor::{Node, NodeId, PeerState, Value};
use serde::{Serialize, Serializer};

use super::elsewhere::elsewhere;
use super::outside::FIRST_EXCLAIMER;
use super::record::Sender;
use super::voice::Voice;
use super::world::World;

/// How often a message is one, in percent: where a connection is being made, and where there is
/// one.
const CONNECTING: usize = 12;
const UP: usize = 1;

/// A message that, while it is encoded, ends the connection that it is for.
pub(super) struct Trap<'a> {
    world: &'a World,
    node: Node,
    to: &'a NodeId,
    values: &'a [Value],
    sprung: Cell<bool>,
}

impl<'a> Trap<'a> {
    /// Now and then the message is a trap, if there is something to lose.
    pub(super) fn set(
        world: &'a World,
        voice: &impl Voice,
        to: &'a NodeId,
        values: &'a [Value],
    ) -> Option<Self> {
        let is_callback = matches!(voice.sender(), Sender::Outside(no) if no >= FIRST_EXCLAIMER);
        if is_callback || world.plan.threaded || world.plan.faults.is_empty() || !world.is_lively()
        {
            return None;
        }
        let node = voice.node();
        let percent = match node.peer(to)?.state {
            PeerState::Connecting => CONNECTING,
            PeerState::Up => UP,
            _ => return None,
        };
        let sprung = Cell::new(false);
        world.percent(percent).then_some(Self { world, node, to, values, sprung })
    }

    /// Another thread ends the connection, or the wait for one.
    fn spring(&self) {
        self.world.log.glitch(self.node.id().as_str(), self.to.as_str());
        let (node, to) = (&self.node, self.to);
        elsewhere(|| internals::break_off(node, to));
    }
}

impl Serialize for Trap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.sprung.replace(true) {
            self.spring();
        }
        self.values.serialize(serializer)
    }
}
