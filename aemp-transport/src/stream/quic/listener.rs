//! Connections that come in.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use parking_lot::Mutex;
use quinn::{Endpoint, Incoming};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio::time::timeout;

use super::credentials::Credentials;
use super::gate::{Gate, Pass, Verdict};
use super::settings::Settings;
use super::stream::QuicStream;
use crate::stream::{Address, BoxStream, Listener, Scheme, host};

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
    let gate = Arc::new(Mutex::new(Gate::new(HANDSHAKES, HANDSHAKES_PER_NETWORK)));
    let (mut visits, mut ends) = (JoinSet::new(), HashMap::new());
    loop {
        let incoming = tokio::select! {
            incoming = endpoint.accept() => incoming,
            Some(_) = visits.join_next() => continue,
        };
        let Some(incoming) = incoming else { return };
        let (from, proven) = (incoming.remote_address().ip(), incoming.remote_address_validated());
        let verdict = gate.lock().knock(from, proven, Instant::now());
        match verdict {
            Verdict::Enter(pass, ended) => {
                if let Some(ended) = ended.and_then(|ended| ends.remove(&ended)) {
                    AbortHandle::abort(&ended);
                }
                let id = match &pass {
                    Pass::Proven(_, id) => Some(*id),
                    Pass::Unproven => None,
                };
                let visit = Visit { gate: Arc::clone(&gate), pass };
                let (ready, host) = (ready.clone(), host.clone());
                let visit = visits.spawn(async move {
                    // Who does not get that far is no connection, and nobody's concern.
                    if let Ok(Ok(stream)) = timeout(LIMIT, host.shake_hands(incoming)).await {
                        drop(ready.send(stream).await);
                    }
                    drop(visit);
                });
                ends.retain(|_, end| !AbortHandle::is_finished(end));
                ends.extend(id.map(|id| (id, visit)));
            }
            // Not possible only for who has proven its address.
            Verdict::Prove => drop(incoming.retry()),
            // It repeats what nobody answers.
            Verdict::Later => incoming.ignore(),
            Verdict::Refuse => incoming.refuse(),
        }
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

/// One connection that is not accepted yet; it counts until this is dropped.
struct Visit {
    gate: Arc<Mutex<Gate>>,
    pass: Pass,
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.gate.lock().leave(&self.pass);
    }
}
