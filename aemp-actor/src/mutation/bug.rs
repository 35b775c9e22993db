//! [`Mutation`]: which bug there is, and whether it happens now.

use std::cell::Cell;

use crate::sim::Random;

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
}

impl Mutation {
    /// All of them.
    pub const ALL: [Self; 13] = [
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
    ];

    /// How often it happens in one run: once, but for what hardly ever makes a difference.
    fn times(self) -> usize {
        match self {
            Self::ForgetLoss | Self::KillOvertakes | Self::ReuseName | Self::KeepGroups => {
                usize::MAX
            }
            _ => 1,
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
pub(crate) fn arm(mutation: Option<Mutation>, random: &mut Random) {
    let armed = |mutation: Mutation| {
        let spared = match mutation {
            // Opportunities are few.
            Mutation::CutSilently
            | Mutation::ForgetLoss
            | Mutation::KeepGroups
            | Mutation::LoseUnregistration => random.below(3),
            _ => random.below(30),
        };
        Armed { mutation, spared, left: mutation.times() }
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

/// The number of a new name: a fresh one.
pub(crate) fn fresh(number: u64) -> u64 {
    if number > 8 && strikes(Mutation::ReuseName) { number - 8 } else { number }
}
