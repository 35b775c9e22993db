//! The streams that nodes hold: they ask the network at each poll.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use aemp_transport::{Reach, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::connection::Side;
use super::network::Network;
use super::state::{Reading, Writing};

/// A connection as one end holds it.
pub(super) struct SimStream {
    reading: ReadHalf,
    writing: WriteHalf,
    peer: String,
}

struct ReadHalf {
    network: Network,
    connection: u64,
    side: Side,
    alarm: Alarm,
}

struct WriteHalf {
    network: Network,
    connection: u64,
    side: Side,
    alarm: Alarm,
    ended: bool,
}

/// A timer that is set again and again.
#[derive(Default)]
struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Has the task polled again then; ready if that is now.
    fn poll(&mut self, cx: &mut Context<'_>, at: Option<Instant>) -> Poll<()> {
        let Some(at) = at else { return Poll::Pending };
        let sleep = self.0.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if sleep.deadline() != at {
            sleep.as_mut().reset(at);
        }
        sleep.as_mut().poll(cx)
    }
}

impl SimStream {
    pub(super) fn new(network: &Network, connection: u64, side: Side, peer: String) -> Self {
        let (alarm, network) = (Alarm::default(), network.clone());
        let reading = ReadHalf { network: network.clone(), connection, side, alarm };
        let alarm = Alarm::default();
        Self {
            reading,
            writing: WriteHalf { network, connection, side, alarm, ended: false },
            peer,
        }
    }
}

impl AsyncRead for ReadHalf {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            let read = this.network.with(|state| state.read(this.connection, this.side, buf, cx));
            match read {
                Reading::Done(result) => return Poll::Ready(result),
                Reading::Wait(until) => std::task::ready!(this.alarm.poll(cx, until)),
            }
        }
    }
}

impl AsyncWrite for WriteHalf {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        loop {
            let written =
                this.network.with(|state| state.write(this.connection, this.side, buf, cx));
            match written {
                Writing::Done(result) => return Poll::Ready(result),
                Writing::Wait(until) => std::task::ready!(this.alarm.poll(cx, until)),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.end();
        Poll::Ready(Ok(()))
    }
}

impl WriteHalf {
    fn end(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            self.network.with(|state| state.end(self.connection, self.side));
        }
    }
}

impl Drop for WriteHalf {
    fn drop(&mut self) {
        self.end();
        self.network.with(|state| state.writer_gone(self.connection, self.side));
    }
}

impl Drop for ReadHalf {
    fn drop(&mut self) {
        self.network.with(|state| state.reader_gone(self.connection, self.side));
    }
}

impl AsyncRead for SimStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reading).poll_read(cx, buf)
    }
}

impl AsyncWrite for SimStream {
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

impl Stream for SimStream {
    fn split(self: Box<Self>) -> (aemp_transport::BoxReader, aemp_transport::BoxWriter) {
        (Box::new(self.reading), Box::new(self.writing))
    }

    fn peer_address(&self) -> Option<String> {
        Some(self.peer.clone())
    }

    fn transport(&self) -> &'static str {
        "mem"
    }

    fn reach(&self) -> Reach {
        Reach::Process
    }
}
