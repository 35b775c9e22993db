//! Hosts, ports and wildcards, which mean the same to TCP and QUIC.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use super::{Address, Scheme};

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

/// What the address stands for: itself, or all that its host name resolves to, sorted.
pub(super) async fn resolve(scheme: Scheme, address: &Address) -> io::Result<Vec<Address>> {
    let (host, port) = parts(scheme, address)?;
    if host.parse::<IpAddr>().is_ok() {
        return Ok(vec![address.clone()]);
    }
    let mut found: Vec<Address> =
        tokio::net::lookup_host((host, port)).await?.map(|at| Address::of(scheme, at)).collect();
    found.sort();
    found.dedup();
    Ok(found)
}

/// The addresses that a listener can be reached at. A wildcard stands for the addresses that this
/// host uses to talk to the world, or the loopback address if it does not.
pub(super) fn dialable(scheme: Scheme, local: SocketAddr) -> Vec<Address> {
    if !local.ip().is_unspecified() {
        return vec![Address::of(scheme, local)];
    }
    // Addresses reserved for documentation: a UDP socket that connects sends nothing.
    let v4 = outbound(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into());
    let v6 = outbound(
        Ipv6Addr::UNSPECIFIED.into(),
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
    )
    .filter(|_| local.is_ipv6());
    let mut found: Vec<IpAddr> = v4.into_iter().chain(v6).collect();
    if found.is_empty() {
        found.push(Ipv4Addr::LOCALHOST.into());
    }
    found.into_iter().map(|ip| Address::of(scheme, SocketAddr::new(ip, local.port()))).collect()
}

/// How an address that a socket tells is written: IPv4 as such, also when it came in by IPv6.
pub(super) fn canonical(address: SocketAddr) -> String {
    SocketAddr::new(address.ip().to_canonical(), address.port()).to_string()
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

/// The local address of the route to somewhere.
fn outbound(from: IpAddr, to: IpAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind((from, 0)).ok()?;
    socket.connect((to, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
