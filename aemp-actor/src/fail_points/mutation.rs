//! [`Mutation`]: which bug there is, and whether it happens now.

use std::cell::Cell;

use crate::random::Random;

/// A bug.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Mutation {
    /// A message that arrived is dropped in silence.
    LoseMessage,
    /// A message that arrived is delivered after others that came later.
    DelayMessage,
    /// A message that arrived is delivered twice.
    RepeatMessage,
    /// A monitor fires twice.
    FireTwice,
    /// A monitor is taken out of its table and does not fire.
    ForgetMonitor,
    /// A monitor fires with another reason.
    WrongReason,
    /// A monitor that is cancelled fires all the same.
    IgnoreCancel,
    /// The monitors of a lost connection do not fire.
    CutSilently,
    /// What a port sends after a loss, and before it was told, is sent.
    ForgetLoss,
    /// A kill takes effect before messages that were sent before it.
    KillOvertakes,
    /// A port gets the name of an earlier one.
    ReuseName,
    /// The groups of a node that went down are not cleaned up.
    KeepGroups,
    /// One node is not told that a port has left a group.
    LoseUnregistration,
    /// Monitors that are set by another thread while a node goes down never fire.
    LoseLateMonitor,
    /// The other node is never told that a port of it is monitored no more.
    KeepRemoteMonitor,
    /// A request that ends a monitor (`mon0`) is lost when it arrives.
    LoseUnmonitor,
    /// A request to monitor a port (`mon1`) is lost when it arrives.
    LoseMonitor,
    /// The news of a death (`kil0`) is lost when it arrives.
    LoseDeath,
    /// A request to kill a port is lost when it arrives.
    LoseKill,
    /// A request to spawn a port is lost when it arrives.
    LoseSpawn,
    /// Whether a sender is cut off is not asked again when its message is encoded.
    AskOnce,
    /// More may wait for a connection than `max_queue` says.
    UnboundedWaiting,
    /// More may wait to be written than `max_queue` says.
    UnboundedQueue,
    /// More may wait in a mailbox than its options say.
    UnboundedMailbox,
    /// A mailbox is full before its bound is reached.
    EarlyOverflow,
    /// Nodes that were lost are not looked for.
    NeverSeek,
    /// A node that is shut down says nothing of its ports.
    SilentShutdown,
    /// Messages that are lost are not counted.
    UncountedLoss,
    /// The news of a death overtakes what the port has sent before.
    DeathOvertakes,
    /// What is sent after a spawn may overtake it.
    SpawnOvertaken,
    /// A connection through a third node outlives the connection to that.
    KeepRelayed,
    /// A dead port stays a member of its groups.
    KeepDeadMembers,
    /// A silent node counts as down much later than `monitor_timeout` says.
    LateNotice,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Self; 33] = [
        Self::LoseMessage,
        Self::DelayMessage,
        Self::RepeatMessage,
        Self::FireTwice,
        Self::ForgetMonitor,
        Self::WrongReason,
        Self::IgnoreCancel,
        Self::CutSilently,
        Self::ForgetLoss,
        Self::KillOvertakes,
        Self::ReuseName,
        Self::KeepGroups,
        Self::LoseUnregistration,
        Self::LoseLateMonitor,
        Self::KeepRemoteMonitor,
        Self::LoseUnmonitor,
        Self::LoseMonitor,
        Self::LoseDeath,
        Self::LoseKill,
        Self::LoseSpawn,
        Self::AskOnce,
        Self::UnboundedWaiting,
        Self::UnboundedQueue,
        Self::UnboundedMailbox,
        Self::EarlyOverflow,
        Self::NeverSeek,
        Self::SilentShutdown,
        Self::UncountedLoss,
        Self::DeathOvertakes,
        Self::SpawnOvertaken,
        Self::KeepRelayed,
        Self::KeepDeadMembers,
        Self::LateNotice,
    ];

    /// Whether it happens at every opportunity: else once in a run.
    fn is_lasting(self) -> bool {
        !matches!(
            self,
            Self::LoseMessage
                | Self::DelayMessage
                | Self::RepeatMessage
                | Self::FireTwice
                | Self::ForgetMonitor
                | Self::WrongReason
                | Self::IgnoreCancel
                | Self::CutSilently
                | Self::LoseUnregistration
                | Self::LoseUnmonitor
                | Self::LoseMonitor
                | Self::LoseDeath
                | Self::LoseKill
                | Self::LoseSpawn
        )
    }

    /// So many opportunities are let pass at the most: few, where there are few.
    fn spared(self) -> usize {
        match self {
            Self::LoseMessage
            | Self::DelayMessage
            | Self::RepeatMessage
            | Self::FireTwice
            | Self::ForgetMonitor
            | Self::WrongReason
            | Self::IgnoreCancel
            | Self::KillOvertakes
            | Self::ReuseName => 30,
            _ => 3,
        }
    }
}

#[derive(Clone, Copy)]
struct Armed {
    mutation: Mutation,
    /// So many opportunities are let pass before.
    spared: usize,
    /// So many are taken then.
    left: usize,
}

thread_local! {
    static ARMED: Cell<Option<Armed>> = const { Cell::new(None) };
}

/// Has the bug happen on this thread, at a random opportunity; `None` ends that.
pub fn arm(mutation: Option<Mutation>, random: &mut Random) {
    let armed = |mutation: Mutation| {
        let left = if mutation.is_lasting() { usize::MAX } else { 1 };
        Armed { mutation, spared: random.below(mutation.spared()), left }
    };
    ARMED.set(mutation.map(armed));
}

/// Whether the bug happens now.
pub(crate) fn strikes(mutation: Mutation) -> bool {
    let Some(mut armed) = ARMED.get().filter(|armed| armed.mutation == mutation) else {
        return false;
    };
    let strikes = armed.spared == 0 && armed.left > 0;
    if strikes {
        armed.left -= 1;
    } else {
        armed.spared = armed.spared.saturating_sub(1);
    }
    ARMED.set(Some(armed));
    strikes
}

/// A bound that is kept: the one that was asked for.
pub fn bound(mutation: Mutation, bound: usize) -> usize {
    match (strikes(mutation), mutation) {
        (false, _) => bound,
        (true, Mutation::EarlyOverflow) => bound.div_ceil(2),
        (true, _) => bound.saturating_mul(1000),
    }
}
