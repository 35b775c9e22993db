//! Which of several connections to the same node counts.
//!
//! Plain decisions, no I/O. Between two nodes of ours the one with the lower node ID is the
//! *arbiter*. A connection is established on the other side only by the arbiter's auth line. The
//! arbiter waits for the other side's proof before it sends its own, and sends it on one connection
//! at a time, so two nodes that dial each other at the same moment settle on exactly one
//! connection, and nothing that was sent on it is lost:
//!
//! ```text
//!   arbiter     greeting read ──────────▶ proof verified ──prove──▶ auth line sent ──complete──▶
//!   up other side  greeting read ──greet──▶ auth line sent, proof verified ──complete──▶ up
//!   ──down──▶
//! ```
//!
//! 1. Nothing is changed or kept for a node before its proof was verified: any number of strangers
//!    may claim to be any node, and the first that proves it is the one.
//! 2. The arbiter chooses a connection only if it is not up with that instance, and no other
//!    connection to that instance is chosen and not completed.
//! 3. The other side lets all go on; the arbiter's choice replaces a connection that it still
//!    holds, unless it was greeted before one came up that is or was up since: the arbiter may have
//!    had it before that one, and lost it, and only its auth line was slow. What was sent on it
//!    would be older, so it is refused. The next connection is the later one for certain.
//! 4. Another instance of the same node ID is a restarted node: its connection replaces the old
//!    one, whose monitors fire. A restart draws a new instance, so one that was replaced and comes
//!    back is a second process with the same node ID: it is refused for as long as another instance
//!    is up, or the two would replace each other without end.
//! 5. Who is anonymous keeps nobody out, and replaces nobody.
//! 6. With a node that sends no instance (the Perl implementation) the first connection to be
//!    completed stays, later ones are refused.

use std::collections::VecDeque;

use aemp_transport::Admission;

use crate::id::NodeId;

/// Instances that were replaced, and are remembered: the latest.
const MAX_REPLACED: usize = 16;

/// Decides which of several connections to one node counts, and notices that two processes have its
/// node ID.
#[derive(Debug, Default)]
pub(crate) struct Arbiter {
    up: Option<Up>,
    /// Instances whose connection was replaced by that of another one, and that have not been up
    /// since; the latest at the end.
    replaced: VecDeque<String>,
    /// Connections on which our auth line is being sent, at most one for each instance; all of them
    /// have proved themselves.
    chosen: Vec<Chosen>,
    /// The highest number of a connection whose greeting was read.
    greeted: u64,
    /// The same when the latest connection came up, and with which instance; of the side that does
    /// not arbitrate.
    latest: Option<(u64, String)>,
}

#[derive(Debug)]
struct Up {
    attempt: u64,
    instance: Option<String>,
    trusted: bool,
}

#[derive(Debug)]
struct Chosen {
    attempt: u64,
    instance: String,
}

/// Who speaks, as the greeting says.
#[derive(Clone, Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) own: &'a NodeId,
    pub(crate) peer: &'a NodeId,
    pub(crate) instance: Option<&'a str>,
    /// Names this connection within the process.
    pub(crate) attempt: u64,
    /// It says by which software it is made: it is a node, and no mere script.
    pub(crate) member: bool,
    /// It has proved that it belongs to us, if its proof was verified.
    pub(crate) trusted: bool,
}

/// Why a connection is not wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the node is already connected")]
    AlreadyUp,
    #[error("another connection to the node is being made")]
    Crossing,
    #[error("another connection to the node was made meanwhile")]
    Superseded,
    #[error("another process with this node ID has replaced it, and is connected")]
    Replaced,
    #[error("this node is shut down")]
    ShutDown,
}

/// What a completed connection means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Completion {
    /// There was none.
    Fresh,
    /// The connection with this number is dead; it is to fall first.
    Replaces(u64),
}

impl Claim<'_> {
    fn we_arbitrate(&self) -> bool {
        self.own < self.peer
    }
}

impl Arbiter {
    /// The greeting was read, and proves nothing: may our auth line be sent?
    pub(crate) fn greet(&mut self, claim: &Claim<'_>) -> Result<Admission, Refusal> {
        self.greeted = self.greeted.max(claim.attempt);
        match claim.instance {
            // It may wait for ours.
            None if self.up.is_none() => Ok(Admission::AtOnce),
            None => Ok(Admission::PeerFirst),
            Some(_) if claim.we_arbitrate() => Ok(Admission::PeerFirst),
            // It arbitrates, and waits for our proof, which would establish the connection for it.
            Some(instance) if self.is_replaced(instance) => Err(Refusal::Replaced),
            Some(_) => Ok(Admission::AtOnce),
        }
    }

    /// The peer has proved itself, and our auth line was not sent: may it be?
    pub(crate) fn check(&self, claim: &Claim<'_>) -> Result<(), Refusal> {
        if self.is_up_for(claim) {
            return Err(Refusal::AlreadyUp);
        }
        let Some(instance) = claim.instance else { return Ok(()) };
        if self.is_replaced(instance) {
            return Err(Refusal::Replaced);
        }
        match self.chosen.iter().any(|other| other.instance == instance) {
            true => Err(Refusal::Crossing),
            false => Ok(()),
        }
    }

    /// As [`check`](Self::check), and chooses the connection.
    pub(crate) fn prove(&mut self, claim: &Claim<'_>) -> Result<(), Refusal> {
        self.check(claim)?;
        if let Some(instance) = claim.instance.filter(|_| claim.trusted) {
            let instance = instance.to_owned();
            self.chosen.push(Chosen { attempt: claim.attempt, instance });
        }
        Ok(())
    }

    /// The handshake of this connection failed.
    pub(crate) fn release(&mut self, attempt: u64) {
        self.chosen.retain(|chosen| chosen.attempt != attempt);
    }

    /// The handshake is done: the connection is the one from now on, unless it is refused.
    pub(crate) fn complete(&mut self, claim: &Claim<'_>) -> Result<Completion, Refusal> {
        let is_choice = self.chosen.iter().any(|chosen| chosen.attempt == claim.attempt);
        self.release(claim.attempt);
        if claim.instance.is_some() && claim.we_arbitrate() && claim.trusted {
            if !is_choice {
                return Err(Refusal::Superseded);
            }
        } else if (claim.instance.is_none() || !claim.trusted) && self.is_up_for(claim) {
            return Err(Refusal::AlreadyUp);
        }
        if self.is_outdated(claim) {
            return Err(Refusal::Superseded);
        }
        // Its successor has come up meanwhile.
        if claim.instance.is_some_and(|instance| self.is_replaced(instance)) {
            return Err(Refusal::Replaced);
        }
        let up = Up {
            attempt: claim.attempt,
            instance: claim.instance.map(str::to_owned),
            trusted: claim.trusted,
        };
        if let Some(instance) = claim.instance.filter(|_| claim.trusted && !claim.we_arbitrate()) {
            self.latest = Some((self.greeted.max(claim.attempt), instance.to_owned()));
        }
        if claim.trusted {
            self.replaced.retain(|replaced| Some(replaced.as_str()) != claim.instance);
        }
        let Some(old) = self.up.replace(up) else { return Ok(Completion::Fresh) };
        if let Some(instance) = old.instance.filter(|_| old.trusted)
            && Some(instance.as_str()) != claim.instance
        {
            if self.replaced.len() == MAX_REPLACED {
                self.replaced.pop_front();
            }
            self.replaced.push_back(instance);
        }
        Ok(Completion::Replaces(old.attempt))
    }

    /// Whether a connection is up that this one is not to replace: of the same instance, or of a
    /// node without one; to who is anonymous, any.
    fn is_up_for(&self, claim: &Claim<'_>) -> bool {
        let same = |up: &Up| {
            up.trusted && (claim.instance.is_none() || up.instance.as_deref() == claim.instance)
        };
        self.up.as_ref().is_some_and(|up| !claim.trusted || same(up))
    }

    /// Whether a connection with the same instance has come up since this one was greeted
    /// (invariant 3).
    fn is_outdated(&self, claim: &Claim<'_>) -> bool {
        let since = |(greeted, instance): &(u64, String)| {
            claim.attempt <= *greeted && claim.instance == Some(instance)
        };
        claim.trusted && !claim.we_arbitrate() && self.latest.as_ref().is_some_and(since)
    }

    /// Whether that instance was replaced by another one, and one is up that is not it.
    fn is_replaced(&self, instance: &str) -> bool {
        let other = self.up.as_ref().is_some_and(|up| up.instance.as_deref() != Some(instance));
        other && self.replaced.iter().any(|replaced| replaced == instance)
    }

    /// Whether there is no connection, and none is chosen.
    pub(crate) fn is_idle(&self) -> bool {
        self.up.is_none() && self.chosen.is_empty()
    }

    /// Whether this connection is the one.
    pub(crate) fn is_up(&self, attempt: u64) -> bool {
        self.up.as_ref().is_some_and(|up| up.attempt == attempt)
    }

    /// The connection is gone.
    pub(crate) fn down(&mut self, attempt: u64) {
        if self.is_up(attempt) {
            self.up = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim<'a>(
        own: &'a NodeId,
        peer: &'a NodeId,
        instance: Option<&'a str>,
        attempt: u64,
    ) -> Claim<'a> {
        Claim { own, peer, instance, attempt, member: true, trusted: true }
    }

    /// All of a handshake, in the order of either side.
    fn connect(arbiter: &mut Arbiter, claim: &Claim<'_>) -> Result<Completion, Refusal> {
        if arbiter.greet(claim)? == Admission::PeerFirst {
            arbiter.prove(claim)?;
        }
        arbiter.complete(claim)
    }

    /// The arbiter was up on the one, lost it, and is up on the other, whose auth line was faster;
    /// whichever of the two began first here.
    #[test]
    fn a_connection_that_the_arbiter_may_have_lost_comes_too_late() {
        let (low, high) = (NodeId::from("a"), NodeId::from("b"));
        let mut higher = Arbiter::default();
        for n in [1, 2] {
            assert_eq!(higher.greet(&claim(&high, &low, Some("j"), n)), Ok(Admission::AtOnce));
        }
        let complete = |arbiter: &mut Arbiter, instance, n| {
            arbiter.complete(&claim(&high, &low, Some(instance), n))
        };
        assert_eq!(complete(&mut higher, "j", 2), Ok(Completion::Fresh));
        assert_eq!(complete(&mut higher, "j", 1), Err(Refusal::Superseded));
        higher.down(2);
        assert_eq!(complete(&mut higher, "j", 1), Err(Refusal::Superseded));
        assert_eq!(complete(&mut higher, "j", 3), Ok(Completion::Fresh));
        assert_eq!(complete(&mut higher, "restarted", 1), Ok(Completion::Replaces(3)));
        let mut higher = Arbiter::default();
        for n in [1, 2] {
            assert_eq!(higher.greet(&claim(&high, &low, Some("j"), n)), Ok(Admission::AtOnce));
        }
        assert_eq!(complete(&mut higher, "j", 1), Ok(Completion::Fresh));
        assert_eq!(complete(&mut higher, "j", 2), Err(Refusal::Superseded));
        assert_eq!(higher.greet(&claim(&high, &low, Some("j"), 3)), Ok(Admission::AtOnce));
        assert_eq!(complete(&mut higher, "j", 3), Ok(Completion::Replaces(1)));
    }

    /// Every interleaving of two crossing dials, each side seeing the events of the two
    /// connections in any order, leaves one connection, the same on both sides.
    #[test]
    fn crossing_dials_settle_on_one_connection() {
        let (low, high) = (NodeId::from("a"), NodeId::from("b"));
        for connections in [[1, 2], [2, 1]] {
            let mut lower = Arbiter::default();
            let mut higher = Arbiter::default();
            for n in connections {
                let greeted = higher.greet(&claim(&high, &low, Some("j"), n));
                assert_eq!(greeted, Ok(Admission::AtOnce), "the arbiter waits for the proof");
                let greeted = lower.greet(&claim(&low, &high, Some("i"), n));
                assert_eq!(greeted, Ok(Admission::PeerFirst));
            }
            let chosen: Vec<u64> = connections
                .into_iter()
                .filter(|n| lower.prove(&claim(&low, &high, Some("i"), *n)).is_ok())
                .collect();
            assert_eq!(chosen, [connections[0]], "the first proof wins");
            let winner = chosen[0];
            assert_eq!(
                lower.complete(&claim(&low, &high, Some("i"), winner)),
                Ok(Completion::Fresh)
            );
            assert_eq!(
                higher.complete(&claim(&high, &low, Some("j"), winner)),
                Ok(Completion::Fresh)
            );
        }
    }

    /// Whatever a greeting says, another one of the same node goes on beside it.
    #[test]
    fn greetings_keep_nobody_out() {
        let (low, high) = (NodeId::from("a"), NodeId::from("b"));
        for (own, peer) in [(&low, &high), (&high, &low)] {
            for up in [false, true] {
                let mut arbiter = Arbiter::default();
                if up {
                    connect(&mut arbiter, &claim(own, peer, Some("before"), 0)).unwrap();
                }
                for attempt in 1..100 {
                    for instance in [Some("i"), None] {
                        let greeted = arbiter.greet(&claim(own, peer, instance, attempt));
                        assert!(greeted.is_ok(), "{own} {up}: {greeted:?}");
                    }
                }
                let after = connect(&mut arbiter, &claim(own, peer, Some("i"), 100));
                assert!(after.is_ok(), "{own} {up}: {after:?}");
            }
        }
    }

    #[test]
    fn a_restarted_node_replaces_its_old_connection() {
        let (low, high) = (NodeId::from("a"), NodeId::from("b"));
        for (own, peer) in [(&low, &high), (&high, &low)] {
            let mut arbiter = Arbiter::default();
            connect(&mut arbiter, &claim(own, peer, Some("old"), 1)).unwrap();
            let completed = connect(&mut arbiter, &claim(own, peer, Some("new"), 2));
            assert_eq!(completed, Ok(Completion::Replaces(1)));
            arbiter.down(1);
            let again = connect(&mut arbiter, &claim(&low, &high, Some("new"), 3));
            assert_eq!(
                again,
                Err(Refusal::AlreadyUp),
                "the late end of the old one changes nothing"
            );
        }
    }

    /// A, B, A: no restart, but two processes.
    #[test]
    fn who_was_replaced_comes_back_only_when_nobody_is_up() {
        let (low, high) = (NodeId::from("a"), NodeId::from("b"));
        for (own, peer) in [(&low, &high), (&high, &low)] {
            let mut arbiter = Arbiter::default();
            let connect = |arbiter: &mut Arbiter, instance, attempt| {
                super::tests::connect(arbiter, &claim(own, peer, Some(instance), attempt))
            };
            assert_eq!(connect(&mut arbiter, "A", 1), Ok(Completion::Fresh));
            assert_eq!(connect(&mut arbiter, "B", 2), Ok(Completion::Replaces(1)));
            assert_eq!(connect(&mut arbiter, "A", 3), Err(Refusal::Replaced));
            assert_eq!(connect(&mut arbiter, "C", 4), Ok(Completion::Replaces(2)), "a restart");
            for (instance, attempt) in [("A", 5), ("B", 6)] {
                assert_eq!(connect(&mut arbiter, instance, attempt), Err(Refusal::Replaced));
            }
            arbiter.down(4);
            let late = claim(own, peer, Some("B"), 7);
            arbiter.prove(&late).unwrap();
            assert_eq!(connect(&mut arbiter, "A", 8), Ok(Completion::Fresh), "it still lives");
            assert_eq!(arbiter.complete(&late), Err(Refusal::Replaced), "A came first");
            // C had lost its connection only.
            assert_eq!(connect(&mut arbiter, "C", 9), Ok(Completion::Replaces(8)));
            assert_eq!(connect(&mut arbiter, "A", 10), Err(Refusal::Replaced));
        }
    }

    #[test]
    fn as_many_replaced_instances_are_remembered_as_are_bounded() {
        let (low, high) = (NodeId::from("a"), NodeId::from("b"));
        let mut arbiter = Arbiter::default();
        for attempt in 0..100 {
            let instance = attempt.to_string();
            connect(&mut arbiter, &claim(&low, &high, Some(&instance), attempt)).unwrap();
        }
        assert_eq!(arbiter.replaced.len(), MAX_REPLACED);
        let last = claim(&low, &high, Some("98"), 100);
        assert_eq!(connect(&mut arbiter, &last), Err(Refusal::Replaced));
    }

    #[test]
    fn an_anonymous_peer_replaces_nobody_and_keeps_nobody_out() {
        let (low, high) = (NodeId::from("a"), NodeId::from("anon/b"));
        for (own, peer) in [(&low, &high), (&high, &low)] {
            for instance in [Some("i"), Some("j"), None] {
                let mut arbiter = Arbiter::default();
                let anonymous = |attempt| {
                    let claim = claim(own, peer, instance, attempt);
                    Claim { trusted: false, ..claim }
                };
                assert_eq!(connect(&mut arbiter, &anonymous(1)), Ok(Completion::Fresh));
                assert_eq!(connect(&mut arbiter, &anonymous(2)), Err(Refusal::AlreadyUp));
                let proved = claim(own, peer, Some("i"), 3);
                assert_eq!(connect(&mut arbiter, &proved), Ok(Completion::Replaces(1)));
                assert!(arbiter.replaced.is_empty(), "it was never the node");
                assert_eq!(connect(&mut arbiter, &anonymous(4)), Err(Refusal::AlreadyUp));
                assert!(arbiter.is_up(3));
            }
        }
    }

    #[test]
    fn a_failed_handshake_makes_room() {
        let (low, high) = (NodeId::from("a"), NodeId::from("b"));
        let mut arbiter = Arbiter::default();
        arbiter.prove(&claim(&low, &high, Some("i"), 1)).unwrap();
        let second = claim(&low, &high, Some("i"), 2);
        assert_eq!(arbiter.prove(&second), Err(Refusal::Crossing));
        arbiter.release(1);
        arbiter.prove(&second).unwrap();
        let late = arbiter.complete(&claim(&low, &high, Some("i"), 1));
        assert_eq!(late, Err(Refusal::Superseded));
        assert_eq!(arbiter.complete(&second), Ok(Completion::Fresh));
    }

    #[test]
    fn a_foreign_node_keeps_its_first_connection() {
        let (low, high) = (NodeId::from("a"), NodeId::from("b"));
        let mut arbiter = Arbiter::default();
        let greeted = arbiter.greet(&claim(&low, &high, None, 1));
        assert_eq!(greeted, Ok(Admission::AtOnce), "it may wait for our proof");
        arbiter.complete(&claim(&low, &high, None, 2)).unwrap();
        let late = arbiter.complete(&claim(&low, &high, None, 1));
        assert_eq!(late, Err(Refusal::AlreadyUp));
        let third = claim(&low, &high, None, 3);
        assert_eq!(connect(&mut arbiter, &third), Err(Refusal::AlreadyUp));
        arbiter.down(2);
        assert_eq!(connect(&mut arbiter, &third), Ok(Completion::Fresh));
    }
}
