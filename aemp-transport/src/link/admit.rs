//! [`Admit`]: who is wanted, decided while the handshake goes on.

use crate::handshake::{Outcome, PeerGreeting};

/// What becomes of a handshake whose greeting was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Admission {
    /// The stream is closed.
    Refused,
    /// Our auth line is sent at once.
    AtOnce,
    /// Our auth line is sent only when the peer has proved itself, and [`Admit::proved`] says so.
    /// A peer that waits for ours first never gets one: of two nodes one at the most may do this.
    PeerFirst,
}

/// Decides about a connection whose handshake [`establish_with`](crate::establish_with) drives.
pub trait Admit: Send {
    /// The peer's greeting was read, and no auth line sent: whoever it is has not proved it yet.
    /// Asked once.
    fn greeted(&mut self, peer: &PeerGreeting) -> Admission;

    /// After [`Admission::PeerFirst`]: the peer has proved itself with this outcome, or, with `None`,
    /// has failed to. Whether our auth line is sent now; it tells one that has failed whether the
    /// secret is another one. If not, the stream is closed. Asked once at the most.
    fn proved(&mut self, outcome: Option<&Outcome>) -> bool {
        _ = outcome;
        true
    }
}

/// Wants those whose greeting the closure wants, and sends them our auth line at once.
pub(super) struct ByGreeting<F>(pub(super) Option<F>);

impl<F: FnOnce(&PeerGreeting) -> bool + Send> Admit for ByGreeting<F> {
    fn greeted(&mut self, peer: &PeerGreeting) -> Admission {
        let wanted = self.0.take().is_some_and(|admit| admit(peer));
        if wanted { Admission::AtOnce } else { Admission::Refused }
    }
}
