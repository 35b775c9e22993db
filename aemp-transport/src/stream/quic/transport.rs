//! [`Quic`]: the transport.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use quinn::Endpoint;
use tokio::time::{Instant, timeout_at};

use super::credentials::Credentials;
use super::endpoint::{self, Dialler};
use super::listener::QuicListener;
use super::lost::lost;
use super::settings::Settings;
use super::stream::QuicStream;
use crate::stream::{Address, BoxStream, Listener, Scheme, Transport, host};
use crate::tls::Certificates;

/// QUIC, with addresses `quic:HOST:PORT`.
///
/// Everything is encrypted (TLS 1.3); ALPN is `aemp/1`. Each link is a connection of its own with one
/// bidirectional stream, opened by who dials, so a stream appears at a listener when the dialler has
/// written its first byte. Dialling tries all addresses that the host resolves to, in turn, from one
/// UDP socket for IPv4 and one for IPv6, whatever else this transport listens on. Listening on host
/// `*` takes IPv6 and IPv4 where the system allows.
///
/// - **Silence**: a connection whose peer is silent for the
///   [monitor timeout](Self::monitor_timeout) of either side is lost; four times as often a sign
///   of life is sent where nothing else is. A process that ends without closing its connections is
///   noticed that way only.
/// - **Migration**: a dialler whose address changes (another network, a NAT that forgot it) keeps its
///   connection.
/// - **Memory**: a connection holds at most a [window](Self::window) of bytes that were received and
///   not read, and one of bytes that were written and not confirmed: 16 MiB a peer as it is set. The
///   second is kept near what the network takes at once.
/// - **Handshakes**: a listener runs 256 at a time, 64 with one address, 10 seconds each; when there
///   are many, diallers have to show first that they receive what is sent to their address. Slow
///   ones hold up nobody.
/// - **End**: when both halves of a stream are dropped the connection is closed as soon as the peer has
///   confirmed what was written, or 10 seconds later. The UDP port of a listener is free when the
///   listener is dropped and the last of its connections has ended.
///
/// A value is cheap to clone; clones dial from the same sockets and have the same certificates.
#[derive(Clone, Debug)]
pub struct Quic {
    settings: Settings,
    credentials: Credentials,
    dialler: Dialler,
}

impl Quic {
    /// The defaults: no certificates, 30 s of silence.
    #[must_use]
    pub fn new() -> Self {
        let credentials = Credentials::default();
        Self { settings: Settings::default(), credentials, dialler: Dialler::default() }
    }

    /// How long a peer may be silent before the connection counts as lost; signs of life are sent at
    /// a quarter of it. The shorter one of both sides counts. Default 30 s, at least 1 s.
    #[must_use]
    pub fn monitor_timeout(mut self, timeout: Duration) -> Self {
        self.settings.monitor_timeout = timeout.max(Duration::from_secs(1));
        self
    }

    /// The certificates to show and to trust. Without any a throw-away one is shown, nobody's is
    /// trusted, and the nodes have to prove that they know the secret. A peer that shows another
    /// certificate, or a throw-away one, is connected with: what is made of it is for the AEMP
    /// handshake to decide ([`Session::trusted`](crate::Session::trusted)). A node sets its own by
    /// [`set_certificates`](Transport::set_certificates).
    #[must_use]
    pub fn certificates(self, certificates: Certificates) -> Self {
        self.credentials.set(Some(certificates));
        self
    }

    /// How long a dial waits for the peer. Default 3.5 s, in which the first datagram is sent three
    /// times: where UDP does not get through, another address has its turn soon.
    #[must_use]
    pub fn dial_limit(mut self, limit: Duration) -> Self {
        self.settings.dial_limit = limit;
        self
    }

    /// Bytes of one connection that may be received and not read, and be written and not confirmed.
    /// Default 8 MiB, which fills a path of 100 ms at 80 MB/s; at least 64 KiB.
    #[must_use]
    pub fn window(mut self, bytes: u32) -> Self {
        self.settings.window = bytes.max(64 << 10);
        self
    }

    async fn connect(&self, to: SocketAddr) -> io::Result<BoxStream> {
        let config = self.credentials.client(self.settings.transport())?;
        let connection = self.dialler.connect(config, to)?.await.map_err(lost)?;
        let stream = connection.open_bi().await.map_err(lost)?;
        let session = self.credentials.session(&connection)?;
        Ok(Box::new(QuicStream::new(connection, stream, session, self.settings.window)))
    }

    fn listen(&self, address: SocketAddr) -> io::Result<Endpoint> {
        endpoint::server(address, self.credentials.server(self.settings.transport())?)
    }
}

impl Default for Quic {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Transport for Quic {
    fn scheme(&self) -> &str {
        Scheme::Quic.name()
    }

    async fn dial(&self, address: &Address) -> io::Result<BoxStream> {
        let deadline = Instant::now() + self.settings.dial_limit;
        let found = tokio::net::lookup_host(host::to_dial(Scheme::Quic, address)?);
        let no_answer = |_| {
            let text = format!("no answer within {:?}", self.settings.dial_limit);
            io::Error::new(io::ErrorKind::TimedOut, text)
        };
        let found: Vec<SocketAddr> =
            timeout_at(deadline, found).await.map_err(no_answer)??.collect();
        let mut problem = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for (left, to) in (1..=u32::try_from(found.len()).unwrap_or(u32::MAX)).rev().zip(found) {
            let now = Instant::now();
            let share = deadline.saturating_duration_since(now) / left;
            match timeout_at(now + share, self.connect(to)).await.map_err(no_answer) {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) | Err(error) => problem = error,
            }
        }
        Err(problem)
    }

    fn set_certificates(&self, certificates: Option<&Certificates>) {
        self.credentials.set(certificates.cloned());
    }

    async fn resolve(&self, address: &Address) -> io::Result<Vec<Address>> {
        host::resolve(Scheme::Quic, address).await
    }

    async fn bind(&self, address: &Address) -> io::Result<Box<dyn Listener>> {
        let endpoint = match host::parts(Scheme::Quic, address)? {
            ("*", port) => self
                .listen((Ipv6Addr::UNSPECIFIED, port).into())
                // A system without IPv6.
                .or_else(|_| self.listen((Ipv4Addr::UNSPECIFIED, port).into()))?,
            parts => {
                let mut bound =
                    Err(io::Error::new(io::ErrorKind::NotFound, "the host has no address"));
                for at in tokio::net::lookup_host(parts).await? {
                    bound = self.listen(at);
                    if bound.is_ok() {
                        break;
                    }
                }
                bound?
            }
        };
        Ok(Box::new(QuicListener::new(endpoint, self.settings, self.credentials.clone())?))
    }
}
