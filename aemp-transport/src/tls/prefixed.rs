//! [`Prefixed`]: a stream that is read ahead.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use crate::stream::BoxStream;

/// How much is read at once: rustls asks for 4 KiB, a fourth of a record.
const AHEAD: usize = 64 << 10;

/// Gives what was read already before what the stream gives, and reads more than it is asked for.
pub(super) struct Prefixed {
    pub(super) prefix: BytesMut,
    pub(super) stream: BoxStream,
}

impl AsyncRead for Prefixed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { prefix, stream } = &mut *self;
        if prefix.is_empty() {
            // A connection that is idle keeps no memory for what may come.
            let mut ahead = BytesMut::with_capacity(AHEAD);
            ready!(pin!(stream.read_buf(&mut ahead)).poll(cx))?;
            *prefix = ahead;
        }
        let bytes = prefix.len().min(buf.remaining());
        buf.put_slice(&prefix[..bytes]);
        prefix.advance(bytes);
        if prefix.is_empty() {
            *prefix = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Prefixed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
