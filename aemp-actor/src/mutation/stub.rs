//! The twin of the mutations: nothing is wrong.

use aemp_transport::Packet;

/// See the other twin.
#[derive(Clone, Copy)]
pub(crate) enum Mutation {
    FireTwice,
    ForgetMonitor,
    WrongReason,
    IgnoreCancel,
    CutSilently,
    ForgetLoss,
    KillOvertakes,
    KeepGroups,
    LoseUnregistration,
    LoseLateMonitor,
    KeepRemoteMonitor,
    AskOnce,
    UnboundedWaiting,
    NeverSeek,
    SilentShutdown,
    UncountedLoss,
    DeathOvertakes,
    SpawnOvertaken,
    KeepRelayed,
    KeepDeadMembers,
}

/// Never.
pub(crate) const fn strikes(_: Mutation) -> bool {
    false
}

/// Every packet passes.
pub(crate) struct Passage;

impl Passage {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn of(&mut self, packet: Packet) -> [Packet; 1] {
        [packet]
    }
}

/// The number.
pub(crate) const fn fresh(number: u64) -> u64 {
    number
}

/// The bound.
pub(crate) const fn bound(_: Mutation, bound: usize) -> usize {
    bound
}
