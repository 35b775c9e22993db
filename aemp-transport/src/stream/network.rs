//! [`Network`]: where connections come from.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Where connections come from, as far as their limits go: an IPv4 address, or the 64 bits of an IPv6
/// address that one customer has at least, who can use all the addresses behind them.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Network {
    /// One address.
    V4(Ipv4Addr),
    /// The addresses that begin with this one's first 64 bits; the others are 0.
    V6(Ipv6Addr),
    /// A host of another kind.
    Host(String),
}

impl Network {
    /// The network of an IP address; an IPv4 address in an IPv6 one is the IPv4 address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                Self::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
            }
        }
    }

    /// The network of an address that a [`Stream`](crate::Stream) gives, `HOST:PORT`; one of another
    /// form counts as a host.
    #[must_use]
    pub fn of_peer(address: &str) -> Self {
        if let Ok(address) = address.parse::<SocketAddr>() {
            return Self::of(address.ip());
        }
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        Self::Host(host.to_owned())
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => write!(f, "{address}"),
            Self::V6(address) => write!(f, "{address}/64"),
            Self::Host(host) => f.write_str(host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_of_an_address_that_counts() {
        let network = |address| Network::of_peer(address).to_string();
        assert_eq!(network("10.0.0.1:4040"), "10.0.0.1");
        assert_eq!(network("[::ffff:10.0.0.1]:4040"), "10.0.0.1");
        assert_eq!(network("[2001:db8:1:2:3:4:5:6]:4040"), "2001:db8:1:2::/64");
        assert_eq!(network("[2001:db8:1:2::1]:80"), network("[2001:db8:1:2:ffff::]:81"));
        assert_ne!(network("[2001:db8:1:2::1]:80"), network("[2001:db8:1:3::1]:80"));
        assert_eq!(network("alpha:1"), "alpha");
        assert_eq!(network("alpha"), "alpha");
    }
}
