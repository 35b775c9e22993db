//! The stream of a relayed connection.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use aemp_transport::{BoxReader, BoxWriter, LinkSender, Liveness, Reach, Scheme, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection::{Connection, Sent};
use super::table::Held;

/// Waits for room in the queue for the hub.
type Room = Option<Pin<Box<dyn Future<Output = ()> + Send>>>;

/// A relayed connection as a stream. When it is dropped, and its halves, the connection is closed.
pub(super) struct RelayStream {
    reader: RelayReader,
    writer: RelayWriter,
}

struct RelayReader {
    held: Arc<Held>,
    room: Room,
}

struct RelayWriter {
    held: Arc<Held>,
    room: Room,
    ended: bool,
}

impl RelayStream {
    pub(super) fn new(held: Held) -> Self {
        let held = Arc::new(held);
        let reader = RelayReader { held: held.clone(), room: None };
        Self { reader, writer: RelayWriter { held, room: None, ended: false } }
    }

    pub(super) fn connection(&self) -> &Arc<Connection> {
        self.reader.held.connection()
    }
}

/// Completes when there is room for so many bytes.
fn room(link: &LinkSender, bytes: usize) -> Room {
    let link = link.clone();
    Some(Box::pin(async move { link.room(bytes).await }))
}

fn poll_room(room: &mut Room, cx: &mut Context<'_>) -> Poll<()> {
    if let Some(waiting) = room {
        ready!(waiting.as_mut().poll(cx));
        *room = None;
    }
    Poll::Ready(())
}

impl RelayReader {
    /// Has the other side told of what was read, now or when there is room.
    fn acknowledge(&mut self, cx: &mut Context<'_>) {
        let connection = self.held.connection();
        while poll_room(&mut self.room, cx).is_ready() {
            match connection.acknowledge() {
                Sent::NoRoom(bytes) => self.room = room(&connection.way().link, bytes),
                Sent::Done | Sent::Lost => return,
            }
        }
    }
}

impl AsyncRead for RelayReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = self.held.connection().poll_read(cx, buf.remaining());
        self.acknowledge(cx);
        buf.put_slice(&ready!(read)?);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for RelayWriter {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(poll_room(&mut self.room, cx));
            let connection = self.held.connection();
            match ready!(connection.poll_write(cx, bytes))? {
                Ok(written) => return Poll::Ready(Ok(written)),
                Err(bytes) => self.room = room(&connection.way().link, bytes),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.ended {
            ready!(poll_room(&mut self.room, cx));
            let connection = self.held.connection();
            match connection.end() {
                Sent::Done => self.ended = true,
                Sent::NoRoom(bytes) => self.room = room(&connection.way().link, bytes),
                Sent::Lost => return Poll::Ready(Err(connection.lost())),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for RelayStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reader).poll_read(cx, buf)
    }
}

impl AsyncWrite for RelayStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.writer).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_shutdown(cx)
    }
}

impl Stream for RelayStream {
    fn split(self: Box<Self>) -> (BoxReader, BoxWriter) {
        (Box::new(self.reader), Box::new(self.writer))
    }

    /// `relay:HUB>NODE`.
    fn peer_address(&self) -> Option<String> {
        let key = self.connection().key();
        Some(format!("{}:{}>{}", Scheme::Relay.name(), key.hub, key.node))
    }

    fn transport(&self) -> &'static str {
        Scheme::Relay.name()
    }

    fn is_relayed(&self) -> bool {
        true
    }

    fn reach(&self) -> Reach {
        self.connection().way().reach
    }

    fn liveness(&self) -> Option<Arc<dyn Liveness>> {
        Some(self.connection().clone())
    }
}
