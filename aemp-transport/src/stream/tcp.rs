//! TCP.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};

use super::{Address, BoxReader, BoxStream, BoxWriter, Listener, Reach, Scheme, Stream, Transport};

/// TCP, without delaying small writes (Nagle's algorithm is off).
///
/// Dialling tries all addresses that the host resolves to, in turn. Listening on host `*` takes
/// IPv6 and IPv4 where the system allows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tcp;

#[async_trait]
impl Transport for Tcp {
    fn scheme(&self) -> &str {
        Scheme::Tcp.name()
    }

    async fn dial(&self, address: &Address) -> io::Result<BoxStream> {
        let (host, port) = parts(address)?;
        if host == "*" || port == 0 {
            return Err(invalid(format!("{address} can be listened on, not dialled")));
        }
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }

    async fn resolve(&self, address: &Address) -> io::Result<Vec<Address>> {
        let (host, port) = parts(address)?;
        if host.parse::<IpAddr>().is_ok() {
            return Ok(vec![address.clone()]);
        }
        let mut found: Vec<Address> =
            tokio::net::lookup_host((host, port)).await?.map(Address::from).collect();
        found.sort();
        found.dedup();
        Ok(found)
    }

    async fn bind(&self, address: &Address) -> io::Result<Box<dyn Listener>> {
        let listener = match parts(address)? {
            ("*", port) => match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).await {
                Ok(listener) => listener,
                // A system without IPv6.
                Err(_) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?,
            },
            (host, port) => TcpListener::bind((host, port)).await?,
        };
        let local = listener.local_addr()?;
        Ok(Box::new(TcpAcceptor { listener, local }))
    }
}

fn parts(address: &Address) -> io::Result<(&str, u16)> {
    address.host_and_port().ok_or_else(|| invalid(format!("{address} is no TCP address")))
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

struct TcpAcceptor {
    listener: TcpListener,
    local: SocketAddr,
}

#[async_trait]
impl Listener for TcpAcceptor {
    fn local_addresses(&self) -> Vec<Address> {
        dialable(self.local).into_iter().map(Address::from).collect()
    }

    async fn accept(&mut self) -> io::Result<BoxStream> {
        let (stream, _) = self.listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}

/// The addresses that a listener can be reached at. A wildcard stands for all addresses of this
/// host that others can dial, or the loopback address if there are none.
fn dialable(local: SocketAddr) -> Vec<SocketAddr> {
    if !local.ip().is_unspecified() {
        return vec![local];
    }
    let own = if_addrs::get_if_addrs().unwrap_or_default();
    let own = own.into_iter().map(|interface| interface.ip());
    reachable(own.collect(), local.is_ipv6())
        .into_iter()
        .map(|ip| SocketAddr::new(ip, local.port()))
        .collect()
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

impl Stream for TcpStream {
    fn split(self: Box<Self>) -> (BoxReader, BoxWriter) {
        let (reader, writer) = self.into_split();
        (Box::new(reader), Box::new(writer))
    }

    fn peer_address(&self) -> Option<String> {
        let address = self.peer_addr().ok()?;
        Some(SocketAddr::new(address.ip().to_canonical(), address.port()).to_string())
    }

    fn transport(&self) -> &'static str {
        Scheme::Tcp.name()
    }

    fn reach(&self) -> Reach {
        let peer = self.peer_addr().map(|address| address.ip().to_canonical());
        if peer.is_ok_and(|ip| ip.is_loopback()) { Reach::Host } else { Reach::Network }
    }

    fn limit_silence(&self, timeout: Duration) -> io::Result<()> {
        let socket = SockRef::from(self);
        // The system counts in whole seconds.
        let second = Duration::from_secs(1);
        let keepalive = TcpKeepalive::new()
            .with_time((timeout / 2).max(second))
            .with_interval((timeout / 4).max(second));
        let kept = socket.set_tcp_keepalive(&keepalive);
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        socket.set_tcp_user_timeout(Some(timeout))?;
        kept
    }
}

#[cfg(test)]
mod tests {
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
        let listener = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 4040);
        assert!(dialable(listener).iter().all(|a| a.port() == 4040 && !a.ip().is_unspecified()));
    }
}
