//! How a host dials and listens.

use std::io;
use std::task::Poll;

use aemp_transport::{Address, BoxStream, Listener, Scheme, Transport};
use async_trait::async_trait;

use super::network::Network;
use super::state::Listening;
use super::stream::SimStream;

/// The transport of one program on one host: it dials `mem:HOST` and listens on the address of
/// its own host.
#[derive(Clone, Debug)]
pub struct SimTransport {
    network: Network,
    host: String,
    boot: u64,
}

impl SimTransport {
    pub(super) fn new(network: &Network, host: &str, boot: u64) -> Self {
        Self { network: network.clone(), host: host.to_owned(), boot }
    }

    pub(super) fn boot(&self) -> u64 {
        self.boot
    }

    fn is_dead(&self) -> bool {
        self.network.with(|state| state.host(&self.host).dead >= self.boot)
    }

    /// One packet's way from one host to another; waits while there is none.
    async fn travel(&self, from: &str, to: &str) {
        let mut hung = false;
        loop {
            let latency = self.network.with(|state| state.latency(from, to));
            tokio::time::sleep(latency).await;
            let mut changed = std::pin::pin!(self.network.changed().notified());
            changed.as_mut().enable();
            let dead = self.is_dead();
            let blocked = self.network.with(|state| {
                let filtered = from == self.host && to != from && state.host(to).drops_dials;
                let held = state.way(from, to).held || filtered;
                let blocked = held || state.is_silent(to) || dead;
                if blocked && !dead && !hung {
                    state.counts.hung_dials += 1;
                    state.journal.note(|| format!("a dial hangs between {from} and {to}"));
                }
                blocked
            });
            if !blocked {
                return;
            }
            hung = true;
            changed.await;
        }
    }
}

#[async_trait]
impl Transport for SimTransport {
    fn scheme(&self) -> &str {
        Scheme::Memory.name()
    }

    async fn dial(&self, address: &Address) -> io::Result<BoxStream> {
        let to = host_of(address)?;
        self.network.with(|state| state.comes_back(&self.host, self.boot));
        self.travel(&self.host, to).await;
        let connection = self.network.with(|state| state.knock(&self.host, to));
        // Made at once, so that a dial that is dropped closes the connection.
        let stream = connection.map(|id| {
            let peer = format!("{to}:1");
            Box::new(SimStream::new(&self.network, id, 0, peer))
        });
        self.travel(to, &self.host).await;
        match stream {
            Some(stream) => Ok(stream),
            None => {
                let text = format!("nobody listens on {address}");
                Err(io::Error::new(io::ErrorKind::ConnectionRefused, text))
            }
        }
    }

    async fn bind(&self, address: &Address) -> io::Result<Box<dyn Listener>> {
        if host_of(address)? != self.host {
            let text = format!("{address} is not on host {}", self.host);
            return Err(io::Error::new(io::ErrorKind::AddrNotAvailable, text));
        }
        let bound = self.network.with(|state| {
            if state.host(&self.host).listening.is_some() {
                return false;
            }
            state.comes_back(&self.host, self.boot);
            let listening = Listening { boot: self.boot, ..Listening::default() };
            state.host(&self.host).listening = Some(listening);
            true
        });
        if !bound {
            let text = format!("somebody listens on {address} already");
            return Err(io::Error::new(io::ErrorKind::AddrInUse, text));
        }
        self.network.changed().notify_waiters();
        Ok(Box::new(SimListener { transport: self.clone(), address: address.clone() }))
    }
}

fn host_of(address: &Address) -> io::Result<&str> {
    if address.scheme() == Scheme::Memory {
        return Ok(address.text());
    }
    let text = format!("{address} is no address in memory");
    Err(io::Error::new(io::ErrorKind::InvalidInput, text))
}

struct SimListener {
    transport: SimTransport,
    address: Address,
}

#[async_trait]
impl Listener for SimListener {
    fn local_addresses(&self) -> Vec<Address> {
        vec![self.address.clone()]
    }

    async fn accept(&mut self) -> io::Result<BoxStream> {
        let SimTransport { network, host, boot } = &self.transport;
        std::future::poll_fn(|cx| {
            let next = network.with(|state| {
                let listening = state.host(host).listening.as_mut()?;
                if listening.boot != *boot {
                    return None;
                }
                let next = listening.queue.pop_front();
                if next.is_none() {
                    listening.waker = Some(cx.waker().clone());
                }
                next.and_then(|id| Some((id, state.connections.get(&id)?.ends[0].host.clone())))
            });
            match next {
                None => Poll::Pending,
                Some((id, from)) => {
                    let stream = SimStream::new(network, id, 1, format!("{from}:{id}"));
                    Poll::Ready(Ok(Box::new(stream) as BoxStream))
                }
            }
        })
        .await
    }
}

impl Drop for SimListener {
    fn drop(&mut self) {
        let SimTransport { network, host, boot } = &self.transport;
        network.with(|state| state.stops_listening(host, *boot));
    }
}
