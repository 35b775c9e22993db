//! [`DataConn`]: the connection, as the application has it.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use aemp_transport::{BoxReader, BoxStream, BoxWriter, Established, Permit, Protection};
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::id::NodeId;

/// A connection of bytes to another node, made by [`Node::connect_to`](crate::Node::connect_to).
///
/// It is as any socket: what is written on one side is read on the other, in order; a side that
/// does not read makes the other one wait, and nothing is buffered beyond what the transport does
/// (some KiB, and what the system gives to a socket). It is protected as the connections for
/// messages are. Sends no signs of life of its own: limit the time you wait.
///
/// It lives apart from messages: it is in nobody's way, does not tell of nodes going up or down,
/// and goes on when the nodes' other connection ends. Dropping it, or both halves, closes it.
/// `shutdown` first (of the writing half) ends this direction, so that the other side reads an end;
/// without it, what was written last may be lost, and over TLS the other side reads an error.
pub struct DataConn {
    reader: DataReader,
    writer: DataWriter,
}

/// The reading half of a [`DataConn`].
pub struct DataReader {
    facts: Arc<Facts>,
    /// What came together with the handshake.
    buffered: BytesMut,
    stream: BoxReader,
}

/// The writing half of a [`DataConn`].
pub struct DataWriter {
    facts: Arc<Facts>,
    stream: BoxWriter,
}

struct Facts {
    peer: NodeId,
    peer_address: Option<String>,
    transport: &'static str,
    protection: Protection,
    /// Held as long as the connection.
    _permit: Option<Permit<NodeId>>,
}

impl DataConn {
    pub(super) fn new(established: Established, permit: Option<Permit<NodeId>>) -> Self {
        let Established { stream, buffered, outcome, peer_address, .. } = established;
        let facts = Facts {
            peer: NodeId::from(outcome.peer.node_id.as_str()),
            peer_address,
            transport: stream.transport(),
            protection: outcome.protection,
            _permit: permit,
        };
        Self::over(stream, buffered, facts)
    }

    /// Both ends of a connection within a node.
    pub(super) fn pair(node: &NodeId) -> (Self, Self) {
        const PIPE: usize = 256 << 10;
        let end = |stream| {
            let stream: BoxStream = Box::new(stream);
            let facts = Facts {
                peer: node.clone(),
                peer_address: None,
                transport: stream.transport(),
                protection: Protection::Plain,
                _permit: None,
            };
            Self::over(stream, BytesMut::new(), facts)
        };
        let (one, two) = tokio::io::duplex(PIPE);
        (end(one), end(two))
    }

    fn over(stream: BoxStream, buffered: BytesMut, facts: Facts) -> Self {
        let facts = Arc::new(facts);
        let (reader, writer) = stream.split();
        Self {
            reader: DataReader { facts: facts.clone(), buffered, stream: reader },
            writer: DataWriter { facts, stream: writer },
        }
    }

    /// Takes the directions apart, so that two tasks can own them.
    #[must_use]
    pub fn into_split(self) -> (DataReader, DataWriter) {
        (self.reader, self.writer)
    }

    /// The node at the other end: it has proved that it belongs to the network.
    #[must_use]
    pub fn peer(&self) -> &NodeId {
        &self.reader.facts.peer
    }

    /// The other end's address as seen here, if the transport has addresses.
    #[must_use]
    pub fn peer_address(&self) -> Option<&str> {
        self.reader.facts.peer_address.as_deref()
    }

    /// The name of the transport: `tcp`, `mem`…
    #[must_use]
    pub fn transport(&self) -> &'static str {
        self.reader.facts.transport
    }

    /// What keeps others from reading along.
    #[must_use]
    pub fn protection(&self) -> Protection {
        self.reader.facts.protection
    }
}

impl DataReader {
    /// The node at the other end.
    #[must_use]
    pub fn peer(&self) -> &NodeId {
        &self.facts.peer
    }
}

impl DataWriter {
    /// The node at the other end.
    #[must_use]
    pub fn peer(&self) -> &NodeId {
        &self.facts.peer
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} over {}, encryption: {}", self.peer, self.transport, self.protection)
    }
}

impl fmt::Debug for DataConn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataConn({:?})", self.reader.facts)
    }
}

impl fmt::Debug for DataReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataReader({:?})", self.facts)
    }
}

impl fmt::Debug for DataWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataWriter({:?})", self.facts)
    }
}

impl AsyncRead for DataReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.buffered.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let bytes = self.buffered.len().min(buf.remaining());
        buf.put_slice(&self.buffered[..bytes]);
        self.buffered.advance(bytes);
        if self.buffered.is_empty() {
            self.buffered = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for DataConn {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reader).poll_read(cx, buf)
    }
}

macro_rules! write_through {
    ($type:ident, $inner:ident) => {
        impl AsyncWrite for $type {
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.$inner).poll_write(cx, bytes)
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[io::IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.$inner).poll_write_vectored(cx, bytes)
            }

            fn is_write_vectored(&self) -> bool {
                self.$inner.is_write_vectored()
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.$inner).poll_flush(cx)
            }

            fn poll_shutdown(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                Pin::new(&mut self.$inner).poll_shutdown(cx)
            }
        }
    };
}

write_through!(DataWriter, stream);
write_through!(DataConn, writer);
