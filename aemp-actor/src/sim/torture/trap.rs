//! A message during whose encoding the connection that it is for is lost.

use std::cell::Cell;

use serde::{Serialize, Serializer};

use super::elsewhere::elsewhere;
use super::outside::FIRST_EXCLAIMER;
use super::record::Sender;
use super::voice::Voice;
use super::world::World;
use crate::Value;
use crate::id::NodeId;
use crate::node::Node;

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
        let peer = node.core().known_peer(to)?;
        let percent = match (peer.is_connecting(), peer.is_up()) {
            (true, _) => CONNECTING,
            (_, true) => UP,
            _ => return None,
        };
        drop(peer);
        let sprung = Cell::new(false);
        world.percent(percent).then_some(Self { world, node, to, values, sprung })
    }

    /// Another thread ends the connection, or the wait for one.
    fn spring(&self) {
        let core = self.node.core();
        let (own, other) = (core.id().as_str(), self.to.as_str());
        self.world.log.glitch(own, other);
        if let Some(peer) = core.known_peer(self.to) {
            elsewhere(|| peer.break_off(core));
        }
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
