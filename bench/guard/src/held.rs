//! A network within the process whose listening side can be kept from reading, while the other side
//! writes as much as it likes.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use aemp_actor::{Address, Listener, Stream, Transport};
use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::mpsc;

/// Bytes that may wait to be read: more than any path sends.
const ROOM: usize = 1 << 30;

/// The network. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Held {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    held: bool,
    /// Who waits to read.
    reader: Option<Waker>,
    /// Where connections are handed over.
    listener: Option<mpsc::UnboundedSender<DuplexStream>>,
    /// Bytes that were written by those who dialled.
    written: usize,
    /// What `written` was when it was last asked whether the writers have settled.
    seen: usize,
}

impl Held {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Nothing is read any more.
    pub(crate) fn hold(&self) {
        self.state().held = true;
    }

    /// All is read again.
    pub(crate) fn release(&self) {
        let reader = {
            let mut state = self.state();
            state.held = false;
            state.reader.take()
        };
        reader.into_iter().for_each(Waker::wake);
    }

    /// Bytes that were written towards the listening side.
    pub(crate) fn written(&self) -> usize {
        self.state().written
    }

    /// Whether nothing was written since the last time that this was asked.
    pub(crate) fn settled(&self) -> bool {
        let mut state = self.state();
        let written = state.written;
        std::mem::replace(&mut state.seen, written) == written
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it")
    }
}

#[async_trait]
impl Transport for Held {
    fn scheme(&self) -> &str {
        "mem"
    }

    async fn dial(&self, _: &Address) -> io::Result<Box<dyn Stream>> {
        let listener = self.state().listener.clone().ok_or(io::ErrorKind::ConnectionRefused)?;
        let (ours, theirs) = tokio::io::duplex(ROOM);
        listener.send(theirs).map_err(|_| io::ErrorKind::ConnectionRefused)?;
        Ok(Box::new(End { stream: ours, network: self.clone(), listens: false }))
    }

    async fn bind(&self, address: &Address) -> io::Result<Box<dyn Listener>> {
        let (sender, incoming) = mpsc::unbounded_channel();
        self.state().listener = Some(sender);
        Ok(Box::new(HeldListener { network: self.clone(), address: address.clone(), incoming }))
    }
}

struct HeldListener {
    network: Held,
    address: Address,
    incoming: mpsc::UnboundedReceiver<DuplexStream>,
}

#[async_trait]
impl Listener for HeldListener {
    fn local_addresses(&self) -> Vec<Address> {
        vec![self.address.clone()]
    }

    async fn accept(&mut self) -> io::Result<Box<dyn Stream>> {
        let stream = self.incoming.recv().await.ok_or(io::ErrorKind::NotConnected)?;
        Ok(Box::new(End { stream, network: self.network.clone(), listens: true }))
    }
}

/// One end of a connection.
struct End {
    stream: DuplexStream,
    network: Held,
    /// Whether it is the one that can be held.
    listens: bool,
}

impl AsyncRead for End {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.listens {
            let mut state = self.network.state();
            if state.held {
                state.reader = Some(cx.waker().clone());
                return Poll::Pending;
            }
        }
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if self.listens && polled.is_pending() {
            // Held while it waits, it has to notice.
            self.network.state().reader = Some(cx.waker().clone());
        }
        polled
    }
}

impl AsyncWrite for End {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let (false, Poll::Ready(Ok(some))) = (self.listens, &written) {
            self.network.state().written += some;
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Stream for End {
    fn split(
        self: Box<Self>,
    ) -> (Box<dyn AsyncRead + Send + Unpin>, Box<dyn AsyncWrite + Send + Unpin>) {
        let (reader, writer) = tokio::io::split(*self);
        (Box::new(reader), Box::new(writer))
    }

    fn peer_address(&self) -> Option<String> {
        None
    }

    fn transport(&self) -> &'static str {
        "mem"
    }
}
