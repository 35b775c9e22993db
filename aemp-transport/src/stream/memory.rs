//! A network within the process: for tests, and for nodes that share a process.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;

use super::{Address, BoxReader, BoxStream, BoxWriter, Listener, Reach, Scheme, Stream, Transport};

/// How many bytes each direction of a connection holds before the writer waits.
const PIPE: usize = 64 << 10;

/// How many connections wait to be accepted before those who dial wait, as with TCP.
const BACKLOG: usize = 128;

/// A network of addresses `mem:NAME` that exists as long as a clone of it does.
///
/// Behaves as TCP does: dialling where nobody listens is refused, and writers wait for readers.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    listeners: Arc<Mutex<HashMap<String, mpsc::Sender<DuplexStream>>>>,
}

impl Memory {
    /// A network on which nobody listens.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Transport for Memory {
    fn scheme(&self) -> &str {
        Scheme::Memory.name()
    }

    async fn dial(&self, address: &Address) -> io::Result<BoxStream> {
        let refused = || {
            io::Error::new(io::ErrorKind::ConnectionRefused, format!("nobody listens on {address}"))
        };
        let name = name(address)?;
        let listener = self.listeners.lock().get(name).cloned().ok_or_else(refused)?;
        let (ours, theirs) = tokio::io::duplex(PIPE);
        listener.send(theirs).await.map_err(|_| refused())?;
        Ok(Box::new(ours))
    }

    async fn bind(&self, address: &Address) -> io::Result<Box<dyn Listener>> {
        let name = name(address)?;
        let (sender, incoming) = mpsc::channel(BACKLOG);
        let mut listeners = self.listeners.lock();
        if listeners.contains_key(name) {
            let text = format!("somebody listens on {address} already");
            return Err(io::Error::new(io::ErrorKind::AddrInUse, text));
        }
        listeners.insert(name.to_owned(), sender);
        Ok(Box::new(MemoryListener { network: self.clone(), address: address.clone(), incoming }))
    }
}

fn name(address: &Address) -> io::Result<&str> {
    if address.scheme() != Scheme::Memory {
        let text = format!("{address} is no address in memory");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    Ok(address.text())
}

struct MemoryListener {
    network: Memory,
    address: Address,
    incoming: mpsc::Receiver<DuplexStream>,
}

#[async_trait]
impl Listener for MemoryListener {
    fn local_addresses(&self) -> Vec<Address> {
        vec![self.address.clone()]
    }

    async fn accept(&mut self) -> io::Result<BoxStream> {
        match self.incoming.recv().await {
            Some(stream) => Ok(Box::new(stream)),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Drop for MemoryListener {
    fn drop(&mut self) {
        self.network.listeners.lock().remove(self.address.text());
    }
}

impl Stream for DuplexStream {
    fn split(self: Box<Self>) -> (BoxReader, BoxWriter) {
        let (reader, writer) = tokio::io::split(*self);
        (Box::new(reader), Box::new(writer))
    }

    fn peer_address(&self) -> Option<String> {
        None
    }

    fn transport(&self) -> &'static str {
        Scheme::Memory.name()
    }

    fn reach(&self) -> Reach {
        Reach::Process
    }
}
