//! Where to dial and where to listen.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use smol_str::SmolStr;

/// The kind of an address.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Scheme {
    /// `HOST:PORT`, also written `tcp:HOST:PORT`.
    Tcp,
    /// `quic:HOST:PORT`.
    Quic,
    /// `mem:NAME`: within this process.
    Memory,
    /// `relay:HUB>NODE`: through a node that both are connected to.
    Relay,
}

impl Scheme {
    /// What stands before the colon.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Quic => "quic",
            Self::Memory => "mem",
            Self::Relay => "relay",
        }
    }
}

/// Where to dial or listen: a scheme and a text that the scheme's transport understands.
///
/// Read from `HOST:PORT`, `tcp:HOST:PORT`, `quic:HOST:PORT`, `mem:NAME` or `relay:HUB>NODE`, and
/// displayed like that, but without `tcp:`. An IPv6 address as host is written `[ADDRESS]`. To
/// listen, the host may be `*` (all there are), the port 0 or `*` (any). `HUB` and `NODE` are node
/// IDs, in which there is no `>`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Address {
    scheme: Scheme,
    text: SmolStr,
}

/// A text is no address.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// There is no port.
    #[error("no port in the address {text:?} (expected HOST:PORT)")]
    NoPort {
        /// The address.
        text: String,
    },
    /// The port is neither a number up to 65535 nor `*`.
    #[error("invalid port in the address {text:?} (expected a number up to 65535)")]
    Port {
        /// The address.
        text: String,
    },
    /// The host is empty, or holds a colon outside of brackets.
    #[error("invalid host in the address {text:?} (IPv6 addresses are written [ADDRESS]:PORT)")]
    Host {
        /// The address.
        text: String,
    },
    /// The name of an address in memory is empty.
    #[error("no name in the address {text:?} (expected mem:NAME)")]
    NoName {
        /// The address.
        text: String,
    },
    /// A relayed address does not name two nodes.
    #[error("no two nodes in the address {text:?} (expected relay:HUB>NODE)")]
    NoNodes {
        /// The address.
        text: String,
    },
}

impl Address {
    /// What transport it is for.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The address without the scheme: `HOST:PORT`, or the name.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The address of a node behind another.
    ///
    /// # Errors
    ///
    /// One of them is empty, or holds a `>`.
    pub fn relayed(hub: &str, node: &str) -> Result<Self, AddressError> {
        format!("{}:{hub}>{node}", Scheme::Relay.name()).parse()
    }

    /// Hub and node of a relayed address.
    #[must_use]
    pub fn hub_and_node(&self) -> Option<(&str, &str)> {
        if self.scheme == Scheme::Relay { self.text.split_once('>') } else { None }
    }

    /// Whether the host is `*`: to listen, all addresses of this machine.
    #[must_use]
    pub fn is_any_host(&self) -> bool {
        self.host_and_port().is_some_and(|(host, _)| host == "*")
    }

    /// Whether the host is `0.0.0.0` or `::`: to listen, all addresses of this machine. To others it
    /// says nothing.
    #[must_use]
    pub fn is_unspecified(&self) -> bool {
        let host = self.host_and_port().and_then(|(host, _)| host.parse::<IpAddr>().ok());
        host.is_some_and(|ip| ip.is_unspecified())
    }

    /// Whether the port is `*` or 0: to listen, any that is free. Nobody can dial it.
    #[must_use]
    pub fn is_any_port(&self) -> bool {
        self.host_and_port().is_some_and(|(_, port)| port == 0)
    }

    /// The address of a socket.
    pub(super) fn of(scheme: Scheme, socket: SocketAddr) -> Self {
        Self { scheme, text: socket.to_string().into() }
    }

    /// Host (without brackets) and port, if the scheme has them; the port `*` is 0.
    pub(super) fn host_and_port(&self) -> Option<(&str, u16)> {
        let (host, port) = self.text.rsplit_once(':')?;
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let port = if port == "*" { 0 } else { port.parse().ok()? };
        matches!(self.scheme, Scheme::Tcp | Scheme::Quic).then_some((host, port))
    }

    fn socket(scheme: Scheme, text: &str) -> Result<Self, AddressError> {
        let owned = || text.to_owned();
        let (host, port) =
            text.rsplit_once(':').ok_or_else(|| AddressError::NoPort { text: owned() })?;
        if host.is_empty() || is_bare_v6(host) {
            return Err(AddressError::Host { text: owned() });
        }
        let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        if port != "*" && !(digits && port.parse::<u16>().is_ok()) {
            return Err(AddressError::Port { text: owned() });
        }
        Ok(Self { scheme, text: text.into() })
    }
}

fn relay(nodes: &str, text: &str) -> Result<Address, AddressError> {
    match nodes.split_once('>') {
        Some((hub, node)) if !hub.is_empty() && !node.is_empty() && !node.contains('>') => {
            Ok(Address { scheme: Scheme::Relay, text: nodes.into() })
        }
        _ => Err(AddressError::NoNodes { text: text.to_owned() }),
    }
}

fn is_bare_v6(host: &str) -> bool {
    let bracketed = host.starts_with('[') && host.ends_with(']');
    !bracketed && host.contains(':')
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.split_once(':') {
            Some(("mem", "")) => Err(AddressError::NoName { text: text.to_owned() }),
            Some(("mem", name)) => Ok(Self { scheme: Scheme::Memory, text: name.into() }),
            // A host may be called so, too.
            Some(("relay", nodes)) if nodes.contains('>') => relay(nodes, text),
            Some(("tcp", rest)) => Self::socket(Scheme::Tcp, rest),
            Some(("quic", rest)) => Self::socket(Scheme::Quic, rest),
            _ => Self::socket(Scheme::Tcp, text),
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::of(Scheme::Tcp, address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scheme {
            Scheme::Tcp => f.write_str(&self.text),
            Scheme::Quic | Scheme::Memory | Scheme::Relay => {
                write!(f, "{}:{}", self.scheme.name(), self.text)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_displays() {
        for (text, scheme, shown) in [
            ("127.0.0.1:4040", Scheme::Tcp, "127.0.0.1:4040"),
            ("tcp:example.org:1", Scheme::Tcp, "example.org:1"),
            ("[::1]:4040", Scheme::Tcp, "[::1]:4040"),
            ("*:4040", Scheme::Tcp, "*:4040"),
            ("*:*", Scheme::Tcp, "*:*"),
            ("host:0", Scheme::Tcp, "host:0"),
            ("quic:127.0.0.1:4040", Scheme::Quic, "quic:127.0.0.1:4040"),
            ("quic:[::1]:*", Scheme::Quic, "quic:[::1]:*"),
            ("quic:*:0", Scheme::Quic, "quic:*:0"),
            ("mem:alpha", Scheme::Memory, "mem:alpha"),
            ("relay:a:b/c>d:e", Scheme::Relay, "relay:a:b/c>d:e"),
        ] {
            let address: Address = text.parse().expect(text);
            assert_eq!((address.scheme(), address.to_string().as_str()), (scheme, shown));
        }
        let v6: Address = "[::1]:*".parse().expect("valid");
        assert_eq!(v6.host_and_port(), Some(("::1", 0)));
        assert!(v6.is_any_port() && !v6.is_any_host());
        let star: Address = "quic:*:4040".parse().expect("valid");
        assert!(star.is_any_host() && !star.is_any_port());
        let relayed = Address::relayed("a:b/c", "d:e").expect("valid");
        assert_eq!(relayed.hub_and_node(), Some(("a:b/c", "d:e")));
        assert_eq!((v6.hub_and_node(), relayed.host_and_port()), (None, None));
    }

    #[test]
    fn refuses_by_name() {
        let text = |address: &str| address.parse::<Address>().expect_err(address).to_string();
        assert_eq!(text("host"), "no port in the address \"host\" (expected HOST:PORT)");
        assert!(text("tcp:4040").starts_with("no port in the address"));
        assert!(text("quic:4040").starts_with("no port in the address"));
        assert!(text("quic:host:x").starts_with("invalid port"));
        assert!(text("quic:::1:4040").starts_with("invalid host"));
        assert!(text("host:x").starts_with("invalid port"));
        assert!(text("host:65536").starts_with("invalid port"));
        assert!(text("host:+1").starts_with("invalid port"));
        assert!(text(":4040").starts_with("invalid host"));
        assert!(text("::1:4040").starts_with("invalid host"));
        assert!(text("mem:").starts_with("no name"));
        for relayed in ["relay:a>", "relay:>b", "relay:a>b>c"] {
            assert!(text(relayed).starts_with("no two nodes"), "{relayed}");
        }
        assert_eq!("relay:4040".parse::<Address>().expect("a host").scheme(), Scheme::Tcp);
    }
}
