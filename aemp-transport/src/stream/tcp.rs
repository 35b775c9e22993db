//! TCP.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};

use super::{
    Address, BoxReader, BoxStream, BoxWriter, Listener, Reach, Scheme, Stream, Transport, host,
};

/// Bytes that the system takes before the network does; it would take megabytes. As with QUIC:
/// enough to keep the network busy, and no more, so that a write that has to wait says that the
/// other side takes what was written.
#[cfg(any(target_os = "android", target_os = "linux"))]
const AHEAD: u32 = 128 << 10;

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
        let stream = TcpStream::connect(host::to_dial(Scheme::Tcp, address)?).await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }

    async fn resolve(&self, address: &Address) -> io::Result<Vec<Address>> {
        host::resolve(Scheme::Tcp, address).await
    }

    async fn bind(&self, address: &Address) -> io::Result<Box<dyn Listener>> {
        let listener = match host::parts(Scheme::Tcp, address)? {
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

struct TcpAcceptor {
    listener: TcpListener,
    local: SocketAddr,
}

#[async_trait]
impl Listener for TcpAcceptor {
    fn local_addresses(&self) -> Vec<Address> {
        host::dialable(Scheme::Tcp, self.local)
    }

    async fn accept(&mut self) -> io::Result<BoxStream> {
        let (stream, _) = self.listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}

impl Stream for TcpStream {
    fn split(self: Box<Self>) -> (BoxReader, BoxWriter) {
        let (reader, writer) = self.into_split();
        (Box::new(reader), Box::new(writer))
    }

    fn peer_address(&self) -> Option<String> {
        self.peer_addr().ok().map(host::canonical)
    }

    fn transport(&self) -> &'static str {
        Scheme::Tcp.name()
    }

    fn reach(&self) -> Reach {
        self.peer_addr().map_or(Reach::Network, host::reach)
    }

    fn keep_alive(&self, timeout: Duration) -> io::Result<()> {
        // The system counts in whole seconds.
        let second = Duration::from_secs(1);
        let keepalive = TcpKeepalive::new()
            .with_time((timeout / 2).max(second))
            .with_interval((timeout / 4).max(second))
            .with_retries(2);
        SockRef::from(self).set_tcp_keepalive(&keepalive)
    }

    fn limit_silence(&self, timeout: Duration) -> io::Result<()> {
        let kept = self.keep_alive(timeout);
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        SockRef::from(self).set_tcp_user_timeout(Some(timeout))?;
        #[cfg(any(target_os = "android", target_os = "linux"))]
        SockRef::from(self).set_tcp_notsent_lowat(AHEAD)?;
        kept
    }
}

#[cfg(all(test, any(target_os = "android", target_os = "linux")))]
mod tests {
    use std::io::ErrorKind;

    use tokio::task::yield_now;

    use super::*;

    /// A system takes megabytes of what nobody reads: then nobody knows whether it moves.
    #[tokio::test]
    async fn the_system_takes_little_ahead() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (near, _far) = (near.unwrap(), far.unwrap());
        near.limit_silence(Duration::from_secs(30)).unwrap();
        let (mut taken, mut refused) = (0, 0);
        while refused < 100 {
            match near.try_write(&[b'x'; 16 << 10]) {
                Ok(bytes) => (taken, refused) = (taken + bytes, 0),
                Err(error) if error.kind() == ErrorKind::WouldBlock => refused += 1,
                Err(error) => panic!("{error}"),
            }
            yield_now().await;
        }
        // The other side's system takes some hundreds of KiB in any case.
        assert!((1..2 << 20).contains(&taken), "{taken} bytes");
    }
}
