//! Which of several connections to the same node counts.
//!
//! Plain decisions, no I/O. Between two nodes of ours the one with the lower node ID is the
//! *arbiter*. A connection is established on the other side only by the arbiter's auth line, and
//! the arbiter sends it on one connection at a time, so two nodes that dial each other at the
//! same moment settle on exactly one connection, and nothing that was sent on it is lost:
//!
//! ```text
//!   greeting read ──admit──▶ auth line sent ──complete──▶ up ──down──▶
//!                    │ refuse: close            │ refuse: close
//! ```
//!
//! 1. The arbiter admits a connection only if it is not up with that instance, and no other
//!    connection to that instance was admitted and is still in its handshake. (Who claims to be
//!    another instance, before it has proved anything, keeps nobody out.)
//! 2. The other side admits all; the arbiter's choice replaces a connection that it still holds.
//! 3. Another instance of the same node ID is a restarted node: its connection replaces the old
//!    one, whose monitors fire. A restart draws a new instance, so one that was replaced and comes
//!    back is a second process with the same node ID: it is refused for as long as another instance
//!    is up, or the two would replace each other without end.
//! 4. Who is anonymous replaces nobody.
//! 5. With a node that sends no instance (the reference) the first connection to be completed
//!    stays, later ones are refused.

use std::collections::VecDeque;

use crate::id::NodeId;

/// Instances that were replaced, and are remembered: the latest.
const MAX_REPLACED: usize = 16;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Arbiter {
    up: Option<Up>,
    /// Instances whose connection was replaced by that of another one, and that have not been up
    /// since; the latest at the end.
    replaced: VecDeque<String>,
    /// At most one for each instance.
    admitted: Vec<Admitted>,
}

#[derive(Debug)]
struct Up {
    attempt: u64,
    instance: Option<String>,
}

#[derive(Debug)]
struct Admitted {
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
    /// It has proved that it belongs to us, if the handshake is over.
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
    /// The greeting was read; may our auth line be sent?
    pub(crate) fn admit(&mut self, claim: &Claim<'_>) -> Result<(), Refusal> {
        let Some(instance) = claim.instance else {
            return if self.up.is_some() { Err(Refusal::AlreadyUp) } else { Ok(()) };
        };
        if self.is_replaced(instance) {
            return Err(Refusal::Replaced);
        }
        if !claim.we_arbitrate() {
            return Ok(());
        }
        if self.up.as_ref().is_some_and(|up| up.instance.as_deref() == Some(instance)) {
            return Err(Refusal::AlreadyUp);
        }
        if self.admitted.iter().any(|other| other.instance == instance) {
            return Err(Refusal::Crossing);
        }
        self.admitted.push(Admitted { attempt: claim.attempt, instance: instance.to_owned() });
        Ok(())
    }

    /// The handshake of this connection failed.
    pub(crate) fn release(&mut self, attempt: u64) {
        self.admitted.retain(|admitted| admitted.attempt != attempt);
    }

    /// The handshake is done: the connection is the one from now on, unless it is refused.
    pub(crate) fn complete(&mut self, claim: &Claim<'_>) -> Result<Completion, Refusal> {
        if !claim.trusted && self.up.is_some() {
            self.release(claim.attempt);
            return Err(Refusal::AlreadyUp);
        }
        if claim.instance.is_some() && claim.we_arbitrate() {
            let known = self.admitted.len();
            self.release(claim.attempt);
            if self.admitted.len() == known {
                return Err(Refusal::Superseded);
            }
        } else if claim.instance.is_none() && self.up.is_some() {
            return Err(Refusal::AlreadyUp);
        }
        // Its successor has come up since it was admitted.
        if claim.instance.is_some_and(|instance| self.is_replaced(instance)) {
            return Err(Refusal::Replaced);
        }
        self.replaced.retain(|replaced| Some(replaced.as_str()) != claim.instance);
        let up = Up { attempt: claim.attempt, instance: claim.instance.map(str::to_owned) };
        let old = self.up.replace(up);
        if let Some(instance) = old.as_ref().and_then(|old| old.instance.clone())
            && Some(instance.as_str()) != claim.instance
        {
            if self.replaced.len() == MAX_REPLACED {
                self.replaced.pop_front();
            }
            self.replaced.push_back(instance);
        }
        Ok(old.map_or(Completion::Fresh, |old| Completion::Replaces(old.attempt)))
    }

    /// Whether that instance was replaced by another one, and one is up that is not it.
    fn is_replaced(&self, instance: &str) -> bool {
        let other = self.up.as_ref().is_some_and(|up| up.instance.as_deref() != Some(instance));
        other && self.replaced.iter().any(|replaced| replaced == instance)
    }

    /// Whether there is no connection, and none in its handshake.
    pub(crate) fn is_idle(&self) -> bool {
        self.up.is_none() && self.admitted.is_empty()
    }

    /// Whether this connection is the one.
    pub(crate) fn is_up(&self, attempt: u64) -> bool {
        self.up.as_ref().is_some_and(|up| up.attempt == attempt)
    }

    /// The connection is gone.
    pub(crate) fn down(&mut self, attempt: u64) {
        if self.up.as_ref().is_some_and(|up| up.attempt == attempt) {
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

    /// Every interleaving of two crossing dials, each side seeing the events of the two
    /// connections in any order, leaves one connection, the same on both sides.
    #[test]
    fn crossing_dials_settle_on_one_connection() {
        let (low, high) = (NodeId::from("a"), NodeId::from("b"));
        for order in 0..2 {
            let mut lower = Arbiter::default();
            let connections = if order == 0 { [1, 2] } else { [2, 1] };
            let admitted: Vec<u64> = connections
                .into_iter()
                .filter(|n| lower.admit(&claim(&low, &high, Some("i"), *n)).is_ok())
                .collect();
            assert_eq!(admitted, [connections[0]], "the first greeting wins");
            let mut higher = Arbiter::default();
            for n in connections {
                higher.admit(&claim(&high, &low, Some("j"), n)).unwrap();
            }
            let winner = admitted[0];
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

    #[test]
    fn a_restarted_node_replaces_its_old_connection() {
        let (low, high) = (NodeId::from("a"), NodeId::from("b"));
        for (own, peer) in [(&low, &high), (&high, &low)] {
            let mut arbiter = Arbiter::default();
            arbiter.admit(&claim(own, peer, Some("old"), 1)).unwrap();
            arbiter.complete(&claim(own, peer, Some("old"), 1)).unwrap();
            arbiter.admit(&claim(own, peer, Some("new"), 2)).unwrap();
            let completed = arbiter.complete(&claim(own, peer, Some("new"), 2));
            assert_eq!(completed, Ok(Completion::Replaces(1)));
            arbiter.down(1);
            let again = arbiter.admit(&claim(&low, &high, Some("new"), 3));
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
                let claim = claim(own, peer, Some(instance), attempt);
                arbiter.admit(&claim)?;
                arbiter.complete(&claim)
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
            arbiter.admit(&late).unwrap();
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
            let claim = claim(&low, &high, Some(&instance), attempt);
            arbiter.admit(&claim).unwrap();
            arbiter.complete(&claim).unwrap();
        }
        assert_eq!(arbiter.replaced.len(), MAX_REPLACED);
        let last = claim(&low, &high, Some("98"), 100);
        assert_eq!(arbiter.admit(&last), Err(Refusal::Replaced));
    }

    #[test]
    fn an_anonymous_peer_replaces_nobody() {
        let (low, high) = (NodeId::from("a"), NodeId::from("anon/b"));
        for (own, peer) in [(&low, &high), (&high, &low)] {
            let mut arbiter = Arbiter::default();
            arbiter.admit(&claim(own, peer, Some("old"), 1)).unwrap();
            arbiter.complete(&claim(own, peer, Some("old"), 1)).unwrap();
            let anonymous = Claim { trusted: false, ..claim(own, peer, Some("new"), 2) };
            arbiter.admit(&anonymous).unwrap();
            assert_eq!(arbiter.complete(&anonymous), Err(Refusal::AlreadyUp));
            assert!(arbiter.is_up(1));
            arbiter.admit(&claim(own, peer, Some("new"), 3)).unwrap();
        }
    }

    #[test]
    fn a_failed_handshake_makes_room() {
        let (low, high) = (NodeId::from("a"), NodeId::from("b"));
        let mut arbiter = Arbiter::default();
        arbiter.admit(&claim(&low, &high, Some("i"), 1)).unwrap();
        let second = claim(&low, &high, Some("i"), 2);
        assert_eq!(arbiter.admit(&second), Err(Refusal::Crossing));
        arbiter.release(1);
        arbiter.admit(&second).unwrap();
        let late = arbiter.complete(&claim(&low, &high, Some("i"), 1));
        assert_eq!(late, Err(Refusal::Superseded));
        assert_eq!(arbiter.complete(&second), Ok(Completion::Fresh));
    }

    #[test]
    fn a_foreign_node_keeps_its_first_connection() {
        let (low, high) = (NodeId::from("a"), NodeId::from("b"));
        let mut arbiter = Arbiter::default();
        arbiter.admit(&claim(&low, &high, None, 1)).unwrap();
        arbiter.admit(&claim(&low, &high, None, 2)).unwrap();
        arbiter.complete(&claim(&low, &high, None, 2)).unwrap();
        let late = arbiter.complete(&claim(&low, &high, None, 1));
        assert_eq!(late, Err(Refusal::AlreadyUp));
        assert_eq!(arbiter.admit(&claim(&low, &high, None, 3)), Err(Refusal::AlreadyUp));
        arbiter.down(2);
        assert!(arbiter.admit(&claim(&low, &high, None, 3)).is_ok());
    }
}
