//! Hosts, ports and wildcards, which mean the same to TCP and QUIC.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::{Address, Reach, Scheme};

/// Host and port of an address of that scheme; the port `*` is 0.
pub(super) fn parts(scheme: Scheme, address: &Address) -> io::Result<(&str, u16)> {
    let parts = (address.scheme() == scheme).then(|| address.host_and_port()).flatten();
    parts.ok_or_else(|| invalid(format!("{address} is no address for {}", scheme.name())))
}

/// The same, of an address without wildcards.
pub(super) fn to_dial(scheme: Scheme, address: &Address) -> io::Result<(&str, u16)> {
    match parts(scheme, address)? {
        ("*", _) | (_, 0) => Err(invalid(format!("{address} can be listened on, not dialled"))),
        parts => Ok(parts),
    }
}

/// What the address stands for: itself, or all that its host name resolves to, sorted; host `*` is
/// this machine.
pub(super) async fn resolve(scheme: Scheme, address: &Address) -> io::Result<Vec<Address>> {
    let (host, port) = parts(scheme, address)?;
    if host == "*" {
        let own = of_this_machine(interfaces());
        return Ok(own.into_iter().map(|ip| Address::of(scheme, (ip, port).into())).collect());
    }
    if host.parse::<IpAddr>().is_ok() {
        return Ok(vec![address.clone()]);
    }
    let mut found: Vec<Address> =
        tokio::net::lookup_host((host, port)).await?.map(|at| Address::of(scheme, at)).collect();
    found.sort();
    found.dedup();
    Ok(found)
}

/// The addresses that a listener can be reached at. A wildcard stands for all addresses of this
/// host that others can dial, or the loopback address if there are none.
pub(super) fn dialable(scheme: Scheme, local: SocketAddr) -> Vec<Address> {
    if !local.ip().is_unspecified() {
        return vec![Address::of(scheme, local)];
    }
    reachable(interfaces(), local.is_ipv6())
        .into_iter()
        .map(|ip| Address::of(scheme, SocketAddr::new(ip, local.port())))
        .collect()
}

fn interfaces() -> Vec<IpAddr> {
    let own = if_addrs::get_if_addrs().unwrap_or_default();
    own.into_iter().map(|interface| interface.ip()).collect()
}

/// Where a listener of this machine may be found, by itself: what it can be reached at from
/// elsewhere, and the loopback addresses.
fn of_this_machine(own: Vec<IpAddr>) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = own.iter().copied().filter(IpAddr::is_loopback).collect();
    if found.is_empty() {
        found.push(Ipv4Addr::LOCALHOST.into());
    }
    found.extend(reachable(own, true));
    found.sort();
    found.dedup();
    found
}

/// Those of a host's addresses that are worth telling others, IPv4 first. Link-local ones mean
/// nothing without an interface, which addresses on the wire do not name.
fn reachable(own: Vec<IpAddr>, with_v6: bool) -> Vec<IpAddr> {
    let is_good = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => !(ip.is_loopback() || ip.is_link_local() || ip.is_unspecified()),
        IpAddr::V6(ip) => {
            with_v6 && !(ip.is_loopback() || ip.is_unicast_link_local() || ip.is_unspecified())
        }
    };
    let mut found: Vec<IpAddr> = own.into_iter().filter(is_good).collect();
    found.sort();
    found.dedup();
    if found.is_empty() {
        found.push(Ipv4Addr::LOCALHOST.into());
    }
    found
}

/// How an address that a socket tells is written: IPv4 as such, also when it came in by IPv6.
pub(super) fn canonical(address: SocketAddr) -> String {
    SocketAddr::new(address.ip().to_canonical(), address.port()).to_string()
}

/// How far a connection with that address reaches.
pub(super) fn reach(peer: SocketAddr) -> Reach {
    if peer.ip().to_canonical().is_loopback() { Reach::Host } else { Reach::Network }
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_wildcard_is_all_addresses_that_others_can_dial() {
        let own =
            ["::1", "fe80::1", "2001:db8::7", "127.0.0.1", "169.254.3.4", "10.0.0.5", "192.0.2.9"];
        let all = reachable(ips(&own), true);
        assert_eq!(all, ips(&["10.0.0.5", "192.0.2.9", "2001:db8::7"]));
        assert_eq!(reachable(ips(&own), false), ips(&["10.0.0.5", "192.0.2.9"]));
        assert_eq!(reachable(ips(&["::1", "127.0.0.1"]), true), ips(&["127.0.0.1"]));
        let dialled = of_this_machine(ips(&own));
        let expected = ["10.0.0.5", "127.0.0.1", "192.0.2.9", "::1", "2001:db8::7"];
        assert_eq!(dialled, ips(&expected));
        assert_eq!(of_this_machine(Vec::new()), ips(&["127.0.0.1"]));
        let listener = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 4040);
        let all = dialable(Scheme::Tcp, listener);
        assert!(all.iter().all(|a| a.text().ends_with(":4040") && !a.text().starts_with("[::]")));
    }
}
