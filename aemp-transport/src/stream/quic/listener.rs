//! Connections that come in.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use quinn::{Endpoint, Incoming};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use super::credentials::Credentials;
use super::gate::{Gate, Verdict};
use super::settings::Settings;
use super::stream::QuicStream;
use crate::stream::{Address, Admitted, BoxStream, Listener, Network, Scheme, host};

/// QUIC handshakes of one listener, connections that wait to be accepted included.
const HANDSHAKES: usize = 256;

/// The same from one network.
const HANDSHAKES_PER_NETWORK: usize = 64;

/// How long a peer has for its half of the QUIC handshake and the first byte of its stream.
const LIMIT: Duration = Duration::from_secs(10);

/// Handshakes run in tasks of their own, so that a slow peer does not hold up others, and a call of
/// `accept` that is dropped loses nothing.
pub(super) struct QuicListener {
    endpoint: Endpoint,
    local: SocketAddr,
    ready: mpsc::Receiver<BoxStream>,
    doorman: JoinHandle<()>,
}

impl QuicListener {
    /// # Panics
    /// Outside a tokio runtime.
    pub(super) fn new(
        endpoint: Endpoint,
        settings: Settings,
        credentials: Credentials,
    ) -> io::Result<Self> {
        let local = endpoint.local_addr()?;
        let (sender, ready) = mpsc::channel(1);
        let host = Host { settings, credentials };
        let doorman = tokio::spawn(keep_door(endpoint.clone(), sender, host));
        Ok(Self { endpoint, local, ready, doorman })
    }
}

#[async_trait]
impl Listener for QuicListener {
    fn local_addresses(&self) -> Vec<Address> {
        host::dialable(Scheme::Quic, self.local)
    }

    async fn accept(&mut self) -> io::Result<BoxStream> {
        self.ready.recv().await.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Drop for QuicListener {
    fn drop(&mut self) {
        self.doorman.abort();
        self.endpoint.set_server_config(None);
    }
}

async fn keep_door(endpoint: Endpoint, ready: mpsc::Sender<BoxStream>, host: Host) {
    let gate = Gate::new(HANDSHAKES, HANDSHAKES_PER_NETWORK);
    let mut visits = JoinSet::new();
    loop {
        let incoming = tokio::select! {
            incoming = endpoint.accept() => incoming,
            Some(_) = visits.join_next() => continue,
        };
        let Some(incoming) = incoming else { return };
        let (from, proven) = (incoming.remote_address().ip(), incoming.remote_address_validated());
        match gate.knock(from, proven) {
            Ok(admitted) => {
                visits.spawn(visit(host.clone(), incoming, ready.clone(), admitted));
            }
            // Not possible only for who has proven its address.
            Err(Verdict::Prove) => drop(incoming.retry()),
            // It repeats what nobody answers.
            Err(Verdict::Later) => incoming.ignore(),
            Err(Verdict::Refuse) => incoming.refuse(),
        }
    }
}

/// One connection until it is accepted, has failed, or has to make room.
async fn visit(
    host: Host,
    incoming: Incoming,
    ready: mpsc::Sender<BoxStream>,
    admitted: Admitted<Network>,
) {
    let handshake = async {
        // Who does not get that far is no connection, and nobody's concern.
        if let Ok(Ok(stream)) = timeout(LIMIT, host.shake_hands(incoming)).await {
            drop(ready.send(stream).await);
        }
    };
    tokio::select! {
        () = handshake => {}
        Ok(()) = admitted.revoked => {}
    }
}

/// What shakes hands.
#[derive(Clone)]
struct Host {
    settings: Settings,
    credentials: Credentials,
}

impl Host {
    async fn shake_hands(&self, incoming: Incoming) -> io::Result<BoxStream> {
        // Certificates may have changed since the last one came.
        let config = self.credentials.server(self.settings.transport())?;
        let connection = incoming.accept_with(Arc::new(config))?.await?;
        let stream = connection.accept_bi().await?;
        let session = self.credentials.session(&connection)?;
        Ok(Box::new(QuicStream::new(connection, stream, session, self.settings.window)))
    }
}
