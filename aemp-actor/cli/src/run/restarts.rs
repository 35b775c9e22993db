//! What is to be done when the child has ended. Plain data: time is given.

use std::time::Duration;

/// The pauses before a crashed child is started again double from the first to the longest.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// A child that ran for so long was well, and its crash is the first one.
const WELL: Duration = Duration::from_secs(60);

/// How a child ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct End {
    /// Its exit code; `None` when it was killed by a signal.
    pub(super) code: Option<u8>,
    /// It had said that it is to be started again.
    pub(super) wants_restart: bool,
    /// Its node was up.
    pub(super) was_up: bool,
    pub(super) lived: Duration,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// It wished that.
    StartNow,
    StartAfter(Duration),
    /// The watchdog ends with this code.
    GiveUp(u8),
}

/// The crashes so far.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    pause: Duration,
    /// One of the children was up: the configuration can be right.
    was_ever_up: bool,
}

impl Restarts {
    pub(super) fn judge(&mut self, end: End) -> Verdict {
        self.was_ever_up |= end.was_up;
        match end.code {
            _ if end.wants_restart => {
                self.pause = Duration::ZERO;
                return Verdict::StartNow;
            }
            Some(0) => return Verdict::GiveUp(0),
            // It could not be set up, and said why: it would say the same again.
            Some(code @ (2 | 5)) if !self.was_ever_up => return Verdict::GiveUp(code),
            _ => {}
        }
        if end.lived >= WELL {
            self.pause = Duration::ZERO;
        }
        self.pause = (self.pause * 2).clamp(FIRST, LONGEST);
        Verdict::StartAfter(self.pause)
    }

    pub(super) fn was_ever_up(&self) -> bool {
        self.was_ever_up
    }

    /// There was not even a process: a crash, unless it is the first one.
    pub(super) fn judge_no_start(&mut self) -> Verdict {
        if !self.was_ever_up {
            return Verdict::GiveUp(1);
        }
        self.judge(End { code: None, wants_restart: false, was_up: false, lived: Duration::ZERO })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRASH: End =
        End { code: None, wants_restart: false, was_up: true, lived: Duration::from_secs(5) };

    fn pauses(restarts: &mut Restarts, crashes: usize) -> Vec<u64> {
        let pause = |verdict| match verdict {
            Verdict::StartAfter(pause) => pause.as_secs(),
            other => panic!("{other:?}"),
        };
        (0..crashes).map(|_| pause(restarts.judge(CRASH))).collect()
    }

    #[test]
    fn pauses_grow_until_the_child_was_well() {
        let mut restarts = Restarts::default();
        assert_eq!(pauses(&mut restarts, 8), [1, 2, 4, 8, 16, 32, 60, 60]);
        let well = End { lived: Duration::from_secs(3600), ..CRASH };
        assert_eq!(restarts.judge(well), Verdict::StartAfter(FIRST));
        assert_eq!(pauses(&mut restarts, 2), [2, 4]);
    }

    #[test]
    fn a_wish_is_fulfilled_at_once() {
        let mut restarts = Restarts::default();
        pauses(&mut restarts, 3);
        let wish = End { code: Some(0), wants_restart: true, ..CRASH };
        assert_eq!(restarts.judge(wish), Verdict::StartNow);
        assert_eq!(pauses(&mut restarts, 1), [1]);
    }

    #[test]
    fn an_end_and_a_wrong_configuration_are_final() {
        let end = End { code: Some(0), ..CRASH };
        assert_eq!(Restarts::default().judge(end), Verdict::GiveUp(0));
        let mut restarts = Restarts::default();
        let wrong = End { code: Some(5), was_up: false, ..CRASH };
        assert_eq!(restarts.judge(wrong), Verdict::GiveUp(5));
        let later = End { code: Some(5), ..CRASH };
        assert_eq!(restarts.judge(later), Verdict::StartAfter(FIRST));
        let failed = End { code: Some(1), was_up: false, ..CRASH };
        assert_eq!(restarts.judge(failed), Verdict::StartAfter(2 * FIRST));
    }

    #[test]
    fn a_start_that_fails_is_a_crash_once_a_node_was_up() {
        let mut restarts = Restarts::default();
        assert_eq!(restarts.judge_no_start(), Verdict::GiveUp(1));
        assert_eq!(restarts.judge(CRASH), Verdict::StartAfter(FIRST));
        assert_eq!(restarts.judge_no_start(), Verdict::StartAfter(2 * FIRST));
    }

    #[test]
    fn what_was_up_once_is_tried_again() {
        let mut restarts = Restarts::default();
        assert_eq!(restarts.judge(CRASH), Verdict::StartAfter(FIRST));
        // Its address is not free yet, say.
        let failed = End { code: Some(5), was_up: false, ..CRASH };
        assert_eq!(restarts.judge(failed), Verdict::StartAfter(2 * FIRST));
        assert_eq!(restarts.judge(failed), Verdict::StartAfter(4 * FIRST));
    }
}
