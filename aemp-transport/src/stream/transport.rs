//! The traits that a transport implements.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Address, Liveness};
use crate::tls::Certificates;

/// The reading half of a stream.
pub type BoxReader = Box<dyn AsyncRead + Send + Unpin>;

/// The writing half of a stream.
pub type BoxWriter = Box<dyn AsyncWrite + Send + Unpin>;

/// A connection of any transport.
pub type BoxStream = Box<dyn Stream>;

/// A way to make connections.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// The name of its kind of addresses, as [`Scheme::name`](crate::Scheme::name).
    fn scheme(&self) -> &str;

    /// Connects to a listener.
    ///
    /// # Errors
    ///
    /// Nobody listens there, or the network says no. Takes as long as the network takes: the
    /// caller limits the time.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future abandons the attempt.
    async fn dial(&self, address: &Address) -> io::Result<BoxStream>;

    /// The addresses that an address stands for at this moment: for a host name all that it resolves to.
    ///
    /// # Errors
    ///
    /// The name cannot be resolved.
    async fn resolve(&self, address: &Address) -> io::Result<Vec<Address>> {
        Ok(vec![address.clone()])
    }

    /// Gives a transport with encryption of its own the certificates of the node, or of none: at first
    /// and whenever they change, for the connections that are made from then on. Others do nothing.
    fn set_certificates(&self, certificates: Option<&Certificates>) {
        let _ = certificates;
    }

    /// Starts to listen.
    ///
    /// # Errors
    ///
    /// The address is taken or not ours.
    async fn bind(&self, address: &Address) -> io::Result<Box<dyn Listener>>;
}

/// Where connections come in. Dropping it stops listening; connections live on.
#[async_trait]
pub trait Listener: Send {
    /// The addresses that others can dial, wildcards resolved.
    fn local_addresses(&self) -> Vec<Address>;

    /// Waits for the next connection.
    ///
    /// # Errors
    ///
    /// One connection failed, or the process has too many files open: a later call may succeed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no connection.
    async fn accept(&mut self) -> io::Result<BoxStream>;
}

/// An ordered, reliable stream of bytes in both directions.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {
    /// Takes the directions apart, so that two tasks can own them. Shutting the writing half down
    /// ends that direction only; the connection closes when both halves are gone.
    fn split(self: Box<Self>) -> (BoxReader, BoxWriter);

    /// The other side's address as seen here, if there is such a thing.
    fn peer_address(&self) -> Option<String>;

    /// The name of the transport.
    fn transport(&self) -> &'static str;

    /// Whether its bytes go through a third node.
    fn is_relayed(&self) -> bool {
        false
    }

    /// How far what is written travels. Streams that do not know say so: the network.
    fn reach(&self) -> Reach {
        Reach::Network
    }

    /// What the stream's own encryption gives to the handshake; `None` if what is written can be
    /// read on the way.
    fn session(&self) -> Option<Session> {
        None
    }

    /// Asks the system to look for signs of life of the other side's machine while nothing is
    /// written, and to end the connection when it has found none for that long. A living side may
    /// leave as much unread as it wants. Transports that have no such thing do nothing.
    ///
    /// # Errors
    ///
    /// The system refuses.
    fn keep_alive(&self, timeout: Duration) -> io::Result<()> {
        let _ = timeout;
        Ok(())
    }

    /// What shows that the other side is alive, where writes that have to wait do not: a third
    /// party takes what is written. `None`, the default, where the other side itself takes it.
    fn liveness(&self) -> Option<Arc<dyn Liveness>> {
        None
    }

    /// Asks the system to end a connection whose other side has been silent, or has confirmed
    /// nothing, for that long; and to take little more of what is written than the network takes,
    /// so that a write that had to wait is a sign of life. Transports that have no such thing do
    /// nothing: the link's user has to look for signs of life anyway.
    ///
    /// # Errors
    ///
    /// The system refuses.
    fn limit_silence(&self, timeout: Duration) -> io::Result<()> {
        let _ = timeout;
        Ok(())
    }
}

/// How far a stream reaches: who could read or change what is written on its way.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Reach {
    /// Nobody: it stays within the process.
    Process,
    /// Who rules the machine: it stays on the host (loopback).
    Host,
    /// Anybody.
    Network,
}

/// An encrypted session, as far as it matters to who the peer is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Session {
    /// 32 bytes that only the two ends of this session can know: the TLS exporter with label
    /// `EXPORTER-aemp` and an empty context (AEMP protocol, section 7.1).
    pub exporter: [u8; 32],
    /// The peer has shown a certificate that this node's configuration trusts.
    pub trusted: bool,
    /// The certificate that the peer has shown, in DER, trusted or not.
    pub certificate: Option<Vec<u8>>,
}
