//! UDP sockets, and the endpoints on them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use parking_lot::Mutex;
use quinn::{ConnectError, Connecting, Endpoint, EndpointConfig, ServerConfig, TokioRuntime};
use socket2::{Domain, Protocol, Socket, Type};

/// What the system is asked to hold for a socket, in bytes. All connections share it; where it is
/// small, bursts are lost and sent again. (The system may give less.)
const SOCKET_BUFFER: usize = 4 << 20;

/// The name that a TLS client has to name: nobody looks at it.
const SERVER_NAME: &str = "aemp.invalid";

/// A socket that connections are accepted on.
pub(super) fn server(address: SocketAddr, config: ServerConfig) -> io::Result<Endpoint> {
    endpoint(address, Some(config))
}

/// The sockets that connections are dialled from: one for IPv4, one for IPv6, made when they are
/// needed, and closed with the last connection and the last handle.
#[derive(Clone, Debug, Default)]
pub(super) struct Dialler {
    v4: Arc<Mutex<Option<Endpoint>>>,
    v6: Arc<Mutex<Option<Endpoint>>>,
}

impl Dialler {
    /// Begins to connect.
    pub(super) fn connect(
        &self,
        config: quinn::ClientConfig,
        to: SocketAddr,
    ) -> io::Result<Connecting> {
        let (slot, any): (_, IpAddr) = match to {
            SocketAddr::V4(_) => (&self.v4, Ipv4Addr::UNSPECIFIED.into()),
            SocketAddr::V6(_) => (&self.v6, Ipv6Addr::UNSPECIFIED.into()),
        };
        let mut slot = slot.lock();
        if let Some(endpoint) = &*slot {
            match endpoint.connect_with(config.clone(), to, SERVER_NAME) {
                // The runtime that it ran on is gone.
                Err(ConnectError::EndpointStopping) => {}
                other => return other.map_err(io::Error::other),
            }
        }
        let fresh = endpoint(SocketAddr::new(any, 0), None)?;
        let connecting = fresh.connect_with(config, to, SERVER_NAME).map_err(io::Error::other);
        *slot = Some(fresh);
        connecting
    }
}

fn endpoint(address: SocketAddr, server: Option<ServerConfig>) -> io::Result<Endpoint> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        // All there are means IPv4, too.
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    // As much as there is.
    drop(socket.set_recv_buffer_size(SOCKET_BUFFER));
    drop(socket.set_send_buffer_size(SOCKET_BUFFER));
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Endpoint::new(EndpointConfig::default(), server, socket.into(), Arc::new(TokioRuntime))
}
