//! Which children are started again, as the documentation of strategies and restarts has it: an oracle that
//! shares no code with the supervisor.

use aemp_actor::supervisor::{Restart, Strategy};

/// How a child is ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Hurt {
    Fail,
    Finish,
    Kil,
    KilNow,
}

/// What becomes of a child when one has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    /// It runs on, or is as ended as it was.
    Stays,
    /// It is another port.
    StartedAgain,
    /// It has ended, and its supervisor knows it still.
    Stopped,
    /// It has ended, and its supervisor knows it no more.
    Gone,
}

/// The fates of all children, in order, when that at `hurt`, which runs, is ended so; each with whether it runs.
pub(super) fn fates(
    strategy: Strategy,
    children: &[(Restart, bool)],
    hurt: usize,
    how: Hurt,
) -> Vec<Fate> {
    let own = match children[hurt].0 {
        Restart::Temporary => Fate::Gone,
        Restart::Transient if how == Hurt::Finish => Fate::Stopped,
        _ => Fate::StartedAgain,
    };
    let with_it = |at: usize| match strategy {
        _ if own != Fate::StartedAgain => false,
        Strategy::OneForAll => true,
        Strategy::RestForOne => at > hurt,
        _ => false,
    };
    let fate = |(at, (restart, runs)): (usize, &(Restart, bool))| match restart {
        _ if at == hurt => own,
        _ if !with_it(at) || !runs => Fate::Stays,
        Restart::Temporary => Fate::Gone,
        _ => Fate::StartedAgain,
    };
    children.iter().enumerate().map(fate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_documentation() {
        use Fate::{Gone, StartedAgain, Stays, Stopped};
        let children = [Restart::Permanent, Restart::Transient, Restart::Temporary];
        let children = children.map(|restart| (restart, true));
        let all = |strategy, hurt, how| fates(strategy, &children, hurt, how);
        assert_eq!(all(Strategy::OneForOne, 0, Hurt::Finish), [StartedAgain, Stays, Stays]);
        assert_eq!(all(Strategy::OneForAll, 1, Hurt::Fail), [StartedAgain, StartedAgain, Gone]);
        assert_eq!(all(Strategy::OneForAll, 1, Hurt::Finish), [Stays, Stopped, Stays]);
        assert_eq!(all(Strategy::RestForOne, 1, Hurt::Kil), [Stays, StartedAgain, Gone]);
        assert_eq!(all(Strategy::OneForAll, 2, Hurt::KilNow), [Stays, Stays, Gone]);
    }
}
