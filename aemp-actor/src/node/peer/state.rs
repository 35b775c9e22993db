//! What is known of a peer, under one lock.

use std::cell::Cell;
use std::collections::BTreeMap;

use aemp_transport::LinkSender;
use tokio::time::Instant;

use super::{Facts, Peer};
use crate::id::PortName;
use crate::monitor::{RemoteWatches, WatchId};
use crate::node::arbiter::Arbiter;
use crate::node::monitors::Watch;
use crate::node::waiting::Waiting;

thread_local! {
    /// The peer whose monitors this thread is firing.
    static FIRING: Cell<*const ()> = const { Cell::new(std::ptr::null()) };
}

#[derive(Default)]
pub(super) struct State {
    pub(super) stage: Stage,
    pub(super) arbiter: Arbiter,
    /// Our watches on its ports.
    pub(super) watches: RemoteWatches<Watch>,
    /// Watches that were set while the monitors of the lost connection were firing, by others:
    /// what they sent meanwhile was lost, so they fire too.
    pub(super) late: Vec<Watch>,
    /// Its watches on our ports, bounded by `Config::max_monitors`.
    pub(super) watched: BTreeMap<PortName, WatchId>,
    /// Ports that it spawned here and that live, bounded by `Config::max_spawned`.
    pub(super) spawned: usize,
    /// Connections whose tasks have not ended: while there are any, a new one does not begin, so
    /// that nothing of an old one can arrive after it.
    pub(super) running_links: usize,
    /// The connection is being asked for a sign of life, since the node dialled us again.
    pub(super) probing: bool,
    /// When it was logged last that two processes have this node ID.
    pub(super) twins_logged: Option<Instant>,
}

#[derive(Default)]
pub(super) enum Stage {
    #[default]
    Idle,
    Connecting(Waiting),
    Up(Up),
    Falling(Waiting),
}

pub(super) struct Up {
    pub(super) attempt: u64,
    pub(super) link: LinkSender,
    pub(super) facts: Box<Facts>,
}

impl Up {
    /// Whether it goes through another node.
    pub(super) fn is_relayed(&self) -> bool {
        self.facts.is_relayed
    }
}

impl State {
    /// The queue that a packet sent now has to wait in, which is begun if there is none; `None`
    /// when it is to be lost.
    pub(super) fn waiting(&mut self, peer: &Peer) -> Option<&mut Waiting> {
        if matches!(self.stage, Stage::Idle) {
            self.stage = Stage::Connecting(Waiting::default());
        }
        match &mut self.stage {
            Stage::Connecting(waiting) => Some(waiting),
            Stage::Falling(waiting) if is_firing(peer) => Some(waiting),
            Stage::Idle | Stage::Falling(_) | Stage::Up(_) => None,
        }
    }

    pub(super) fn has_overflowed(&self) -> bool {
        matches!(&self.stage, Stage::Connecting(waiting) if waiting.is_overflowed())
    }

    /// Whether a new connection can begin: no old one is up, falling, or has tasks that run, and
    /// nothing that waits is about to be lost.
    pub(super) fn is_clear(&self) -> bool {
        let ready = match &self.stage {
            Stage::Idle => true,
            Stage::Connecting(waiting) => !waiting.is_overflowed(),
            Stage::Up(_) | Stage::Falling(_) => false,
        };
        ready && self.running_links == 0
    }

    pub(super) fn is_unused(&self) -> bool {
        matches!(self.stage, Stage::Idle)
            && self.arbiter.is_idle()
            && self.watches.is_empty()
            && self.watched.is_empty()
            && self.spawned == 0
            && self.running_links == 0
    }

    pub(super) fn link(&self) -> Option<&LinkSender> {
        match &self.stage {
            Stage::Up(up) => Some(&up.link),
            _ => None,
        }
    }
}

/// Whether this thread is firing monitors of that peer.
pub(super) fn is_firing(peer: &Peer) -> bool {
    FIRING.get() == std::ptr::from_ref(peer).cast()
}

/// Runs `fire` so that what it sends to the peer waits for the next connection.
pub(super) fn while_firing(peer: &Peer, fire: impl FnOnce()) {
    let before = FIRING.replace(std::ptr::from_ref(peer).cast());
    fire();
    FIRING.set(before);
}
