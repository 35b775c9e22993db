//! TCP on loopback that says it comes from another host.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use aemp_actor::{Address, Listener, Stream, Tcp, Transport};
use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The transport of a node all of whose peers are on the host 10.0.0.5.
#[derive(Clone, Copy)]
pub(crate) struct Far;

struct FarListener(Box<dyn Listener>);

struct FarStream(Box<dyn Stream>);

#[async_trait]
impl Transport for Far {
    fn scheme(&self) -> &str {
        Tcp.scheme()
    }

    async fn dial(&self, address: &Address) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(FarStream(Tcp.dial(address).await?)))
    }

    async fn bind(&self, address: &Address) -> io::Result<Box<dyn Listener>> {
        Ok(Box::new(FarListener(Tcp.bind(address).await?)))
    }
}

#[async_trait]
impl Listener for FarListener {
    fn local_addresses(&self) -> Vec<Address> {
        self.0.local_addresses()
    }

    async fn accept(&mut self) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(FarStream(self.0.accept().await?)))
    }
}

impl Stream for FarStream {
    fn split(
        self: Box<Self>,
    ) -> (Box<dyn AsyncRead + Send + Unpin>, Box<dyn AsyncWrite + Send + Unpin>) {
        self.0.split()
    }

    fn peer_address(&self) -> Option<String> {
        Some(self.0.peer_address()?.replace("127.0.0.1", "10.0.0.5"))
    }

    fn transport(&self) -> &'static str {
        self.0.transport()
    }
}

impl AsyncRead for FarStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for FarStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
