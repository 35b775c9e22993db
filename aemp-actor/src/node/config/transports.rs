//! How to get to other nodes, and which way is liked best.

use std::sync::Arc;

use aemp_transport::{Address, Certificates, Transport};

use super::Config;

/// Makes a transport when the node is set up: it depends on other settings.
pub(crate) type Later = fn(&Config) -> Arc<dyn Transport>;

/// What is liked best where nobody says otherwise.
const PREFERRED: &str = "quic";

impl Config {
    /// Adds a transport beside TCP; one of the same scheme is replaced.
    #[must_use]
    pub fn transport(self, transport: impl Transport) -> Self {
        self.with(Arc::new(transport))
    }

    /// Speaks QUIC beside TCP: addresses `quic:HOST:PORT` can be dialled and, with
    /// [`bind`](Self::bind), listened on. It follows the node's `monitor_timeout`; for other
    /// settings give [`transport`](Self::transport) a [`Quic`](crate::Quic).
    #[cfg(feature = "quic")]
    #[must_use]
    pub fn quic(mut self) -> Self {
        self.later.push(|config| {
            Arc::new(aemp_transport::Quic::new().monitor_timeout(config.monitor_timeout))
        });
        self
    }

    /// The transports to try first where a node can be reached by several, best first, by the names
    /// of their addresses: `["tcp", "quic"]`. What is not named comes after them, in no particular
    /// order. Default: `["quic"]`.
    ///
    /// When the best does not get through the others are tried, each in its share of the
    /// `connect_timeout`.
    #[must_use]
    pub fn prefer<S: Into<String>>(mut self, schemes: impl IntoIterator<Item = S>) -> Self {
        self.preferred = Some(schemes.into_iter().map(Into::into).collect());
        self
    }

    /// Makes the transports that had to wait for the other settings.
    pub(crate) fn with_transports(mut self) -> Self {
        for make in std::mem::take(&mut self.later) {
            let transport = make(&self);
            self = self.with(transport);
        }
        self
    }

    fn with(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transports.retain(|other| other.scheme() != transport.scheme());
        self.transports.push(transport);
        self
    }

    /// Has transports with encryption of their own show and trust these from now on.
    pub(crate) fn show_certificates(&self, certificates: Option<&Certificates>) {
        for transport in &self.transports {
            transport.set_certificates(certificates);
        }
    }

    pub(crate) fn transport_for(&self, address: &Address) -> Option<&Arc<dyn Transport>> {
        self.transport_named(address.scheme().name())
    }

    pub(super) fn transport_named(&self, scheme: &str) -> Option<&Arc<dyn Transport>> {
        self.transports.iter().find(|transport| transport.scheme() == scheme)
    }

    /// Sorts the addresses of a node: which to dial first.
    pub(crate) fn sort_by_preference(&self, addresses: &mut [Address]) {
        let rank = |address: &Address| {
            let name = address.scheme().name();
            match &self.preferred {
                Some(preferred) => {
                    preferred.iter().position(|other| other == name).unwrap_or(preferred.len())
                }
                None => usize::from(name != PREFERRED),
            }
        };
        addresses.sort_by_key(rank);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(config: &Config, texts: &[&str]) -> Vec<String> {
        let addresses = texts.iter().map(|text| text.parse().expect("an address"));
        let mut addresses: Vec<Address> = addresses.collect();
        config.sort_by_preference(&mut addresses);
        addresses.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_preferred_comes_first_and_the_rest_stays_as_it_was() {
        let known = ["h:1", "mem:a", "quic:h:2", "h:3", "quic:h:4"];
        let config = Config::new();
        assert_eq!(sorted(&config, &known), ["quic:h:2", "quic:h:4", "h:1", "mem:a", "h:3"]);
        let config = config.prefer(["tcp", "quic"]);
        assert_eq!(sorted(&config, &known), ["h:1", "h:3", "quic:h:2", "quic:h:4", "mem:a"]);
        let config = config.prefer([""; 0]);
        assert_eq!(sorted(&config, &known), known);
    }
}
