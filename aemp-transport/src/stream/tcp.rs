//! TCP.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
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

/// The addresses that a listener can be reached at. A wildcard stands for the addresses that this
/// host uses to talk to the world, or the loopback address if it does not.
fn dialable(local: SocketAddr) -> Vec<SocketAddr> {
    if !local.ip().is_unspecified() {
        return vec![local];
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
    found.into_iter().map(|ip| SocketAddr::new(ip, local.port())).collect()
}

/// The local address of the route to somewhere.
fn outbound(from: IpAddr, to: IpAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind((from, 0)).ok()?;
    socket.connect((to, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
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
