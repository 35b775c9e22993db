//! A stream and its halves.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use quinn::{Connection, RecvStream, SendStream, VarInt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::lost::{not_read, not_written};
use super::shared_connection::SharedConnection;
use crate::stream::{BoxReader, BoxWriter, Reach, Scheme, Session, Stream, host};

/// What may wait in the connection beyond what the network takes at once: enough to keep it busy
/// until the writer's next turn, and not more, so that it is the link that decides what goes first.
const AHEAD: u64 = 128 << 10;

/// The window is looked at anew after so many bytes.
const PACE: usize = 64 << 10;

/// A connection with its stream.
pub(super) struct QuicStream {
    reading: ReadHalf,
    writing: WriteHalf,
    session: Session,
}

struct ReadHalf {
    /// `None` only while it is dropped.
    stream: Option<RecvStream>,
    shared: Arc<SharedConnection>,
}

struct WriteHalf {
    /// `None` only while it is dropped.
    stream: Option<SendStream>,
    shared: Arc<SharedConnection>,
    /// Bytes written since the window was looked at.
    unpaced: usize,
    window: u64,
}

impl QuicStream {
    /// # Panics
    /// Outside a tokio runtime.
    pub(super) fn new(
        connection: Connection,
        (sending, receiving): (SendStream, RecvStream),
        session: Session,
        window: u32,
    ) -> Self {
        let shared = Arc::new(SharedConnection::new(connection));
        let reading = ReadHalf { stream: Some(receiving), shared: Arc::clone(&shared) };
        let writing =
            WriteHalf { stream: Some(sending), shared, unpaced: PACE, window: window.into() };
        Self { reading, writing, session }
    }

    /// The stream is used for more than a handshake: the peer may fill its window.
    fn open_window(&self) {
        let window = u32::try_from(self.writing.window).unwrap_or(u32::MAX);
        self.reading.shared.connection.set_receive_window(VarInt::from_u32(window));
    }
}

impl Stream for QuicStream {
    fn split(self: Box<Self>) -> (BoxReader, BoxWriter) {
        self.open_window();
        (Box::new(self.reading), Box::new(self.writing))
    }

    fn peer_address(&self) -> Option<String> {
        Some(host::canonical(self.reading.shared.connection.remote_address()))
    }

    fn transport(&self) -> &'static str {
        Scheme::Quic.name()
    }

    fn reach(&self) -> Reach {
        host::reach(self.reading.shared.connection.remote_address())
    }

    fn session(&self) -> Option<Session> {
        Some(self.session.clone())
    }

    fn keep_alive(&self, _: Duration) -> io::Result<()> {
        self.open_window();
        Ok(())
    }

    fn limit_silence(&self, _: Duration) -> io::Result<()> {
        self.open_window();
        Ok(())
    }
}

impl WriteHalf {
    /// Bounds what waits in the connection by what the network takes at once.
    fn pace(&mut self) {
        if self.unpaced >= PACE {
            self.unpaced = 0;
            let connection = &self.shared.connection;
            let network = connection.stats().path.cwnd;
            connection.set_send_window(network.saturating_add(AHEAD).min(self.window));
        }
    }
}

impl AsyncRead for ReadHalf {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Some(stream) => stream.poll_read_buf(cx, buf).map_err(not_read),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for WriteHalf {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.pace();
        let Some(stream) = &mut this.stream else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        let written = ready!(Pin::new(stream).poll_write(cx, buf)).map_err(not_written)?;
        this.unpaced += written;
        Poll::Ready(Ok(written))
    }

    /// Bytes that were written are on their way.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Some(stream) => Pin::new(stream).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl Drop for ReadHalf {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take() {
            self.shared.received(stream);
        }
    }
}

impl Drop for WriteHalf {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take() {
            self.shared.sent(stream);
        }
    }
}

impl AsyncRead for QuicStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reading).poll_read(cx, buf)
    }
}

impl AsyncWrite for QuicStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.writing).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writing).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writing).poll_shutdown(cx)
    }
}
