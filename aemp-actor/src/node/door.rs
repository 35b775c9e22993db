//! Who may be in a handshake at the same time.

use aemp_transport::{AdmissionLimit, Network, Permit, Refusal};

/// The handshakes of one listener whose peers have not proved themselves.
pub(crate) type Door = AdmissionLimit<Network>;

/// One of them.
pub(crate) type Visit = Permit<Network>;

/// Why one more with this network is refused.
pub(crate) fn why_refused(network: &Network, refusal: Refusal) -> String {
    match refusal {
        Refusal::OfKey { count } => {
            format!("{count} handshakes with {network} are unfinished (max_handshakes_per_address)")
        }
        Refusal::InAll { .. } => "too many handshakes are unfinished (max_handshakes)".to_owned(),
    }
}
