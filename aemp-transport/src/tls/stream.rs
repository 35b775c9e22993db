//! [`TlsStream`]: a stream inside of TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::prefixed::Prefixed;
use crate::stream::{BoxReader, BoxWriter, Liveness, Reach, Session, Stream};

/// A stream inside of TLS. Shutting it down says so to the peer (`close_notify`) and ends this
/// direction; an end that the peer did not announce is an error
/// ([`UnexpectedEof`](io::ErrorKind::UnexpectedEof)).
pub(super) struct TlsStream {
    pub(super) tls: tokio_rustls::TlsStream<Prefixed>,
    pub(super) session: Session,
}

impl TlsStream {
    fn inner(&self) -> &dyn Stream {
        &*self.tls.get_ref().0.stream
    }
}

impl Stream for TlsStream {
    fn split(self: Box<Self>) -> (BoxReader, BoxWriter) {
        let (reader, writer) = tokio::io::split(self.tls);
        (Box::new(reader), Box::new(writer))
    }

    fn peer_address(&self) -> Option<String> {
        self.inner().peer_address()
    }

    fn transport(&self) -> &'static str {
        self.inner().transport()
    }

    fn is_relayed(&self) -> bool {
        self.inner().is_relayed()
    }

    fn reach(&self) -> Reach {
        self.inner().reach()
    }

    fn session(&self) -> Option<Session> {
        Some(self.session.clone())
    }

    fn keep_alive(&self, timeout: Duration) -> io::Result<()> {
        self.inner().keep_alive(timeout)
    }

    fn liveness(&self) -> Option<Arc<dyn Liveness>> {
        self.inner().liveness()
    }

    fn limit_silence(&self, timeout: Duration) -> io::Result<()> {
        self.inner().limit_silence(timeout)
    }
}

impl AsyncRead for TlsStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_read(cx, buf)
    }
}

impl AsyncWrite for TlsStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tls).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tls).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.tls.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(cx)
    }
}
