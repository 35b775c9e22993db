//! [`Silence`]: how long a peer has given no sign of life, and what is done about it. Plain data;
//! times come in as arguments.

use std::time::Duration;

use tokio::time::Instant;

/// A silent peer is asked for a sign of life this many times before it counts as down.
const QUESTIONS: u32 = 3;

/// More packets than this between two looks are traffic that the question is nothing beside: with its
/// answer it is one packet in each direction, at most an eighth of what goes on anyway.
const BUSY: u64 = 8;

/// How long a peer has been silent, and what is to be done about it. To be looked at at
/// [`next_look`](Self::next_look), again and again.
pub(super) struct Silence {
    timeout: Duration,
    since: Instant,
    next_look: Instant,
    packets_in: u64,
}

/// What a connection shows at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// When the last sign of life came: bytes of the peer, or the peer took some of ours.
    pub(super) last_sign: Instant,
    /// What was read is being handled: nothing can be read meanwhile.
    pub(super) is_delivering: bool,
    /// Packets that came so far.
    pub(super) packets_in: u64,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// Nothing.
    Wait,
    /// The peer is busy, and is asked how quick it is.
    Measure,
    /// The peer is silent, and is asked for a sign of life.
    Ask,
    /// The peer has been silent for the whole timeout: it is down.
    Down,
}

impl Silence {
    /// Of a connection that begins now.
    pub(super) fn new(now: Instant, timeout: Duration) -> Self {
        Self { timeout, since: now, next_look: now + tick(timeout), packets_in: 0 }
    }

    pub(super) fn next_look(&self) -> Instant {
        self.next_look
    }

    /// Looks at the connection.
    ///
    /// A look that comes much too late means that this process was stopped, or starved: what the
    /// peer has sent meanwhile could not be read, so its silence begins anew.
    pub(super) fn look(&mut self, now: Instant, seen: Seen) -> Verdict {
        let tick = tick(self.timeout);
        self.since = self.since.max(seen.last_sign);
        let was_stopped = now.duration_since(self.next_look) > tick;
        if was_stopped || seen.is_delivering {
            self.since = now;
        }
        self.next_look = (now + tick).min(self.since + self.timeout);
        let is_busy = seen.packets_in > self.packets_in + BUSY;
        self.packets_in = seen.packets_in;
        match now.duration_since(self.since) {
            silence if silence >= self.timeout => Verdict::Down,
            silence if silence >= tick => Verdict::Ask,
            _ if is_busy => Verdict::Measure,
            _ => Verdict::Wait,
        }
    }
}

fn tick(timeout: Duration) -> Duration {
    timeout / (QUESTIONS + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(8);

    /// Looks whenever it is time, until the peer is down or a minute is over; `sign` says when the
    /// last sign of life came. Gives the second of each verdict.
    fn watch(mut seen: impl FnMut(u64) -> (u64, bool)) -> Vec<(u64, Verdict)> {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut silence = Silence::new(begun, TIMEOUT);
        let mut verdicts = Vec::new();
        while silence.next_look() < at(60) && !matches!(verdicts.last(), Some((_, Verdict::Down))) {
            let now = silence.next_look();
            let second = now.duration_since(begun).as_secs();
            let (last, is_delivering) = seen(second);
            let seen = Seen { last_sign: at(last), is_delivering, packets_in: 0 };
            verdicts.push((second, silence.look(now, seen)));
        }
        verdicts
    }

    #[test]
    fn a_silent_peer_is_asked_and_then_down_in_time() {
        use Verdict::{Ask, Down, Wait};
        assert_eq!(watch(|_| (0, false)), [(2, Ask), (4, Ask), (6, Ask), (8, Down)]);
        // To the second: the last look is not a whole tick after the one before it.
        let last = |now: u64| (now.min(3), false);
        assert_eq!(watch(last), [(2, Wait), (4, Wait), (6, Ask), (8, Ask), (10, Ask), (11, Down)]);
    }

    #[test]
    fn any_sign_will_do_as_long_as_they_come() {
        for pause in [1, 2, 5, 7] {
            let verdicts = watch(|now| (now / pause * pause, false));
            assert!(verdicts.iter().all(|(_, verdict)| *verdict != Verdict::Down), "{pause}");
            assert_eq!(verdicts.iter().any(|(_, v)| *v == Verdict::Ask), pause > 2, "{pause}");
        }
        assert_eq!(watch(|now| (now / 9 * 9, false)).last(), Some(&(8, Verdict::Down)));
    }

    #[test]
    fn who_cannot_read_does_not_judge() {
        assert_eq!(watch(|now| (0, now <= 20)).last(), Some(&(28, Verdict::Down)));
        let begun = Instant::now();
        let mut silence = Silence::new(begun, TIMEOUT);
        let seen = Seen { last_sign: begun, is_delivering: false, packets_in: 0 };
        assert_eq!(silence.look(begun + 5 * TIMEOUT, seen), Verdict::Wait, "it was stopped");
        assert_eq!(silence.look(begun + 6 * TIMEOUT - TIMEOUT / 4, seen), Verdict::Wait, "again");
        let mut silence = Silence::new(begun, TIMEOUT);
        assert_eq!(silence.look(begun + TIMEOUT / 2, seen), Verdict::Ask, "only a little late");
    }

    #[test]
    fn busy_peers_are_measured() {
        let begun = Instant::now();
        let mut silence = Silence::new(begun, TIMEOUT);
        for (packets_in, verdict) in
            [(BUSY, Verdict::Wait), (2 * BUSY + 1, Verdict::Measure), (3 * BUSY + 1, Verdict::Wait)]
        {
            let now = silence.next_look();
            let seen = Seen { last_sign: now, is_delivering: false, packets_in };
            assert_eq!(silence.look(now, seen), verdict);
        }
    }
}
