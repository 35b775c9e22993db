//! A way for datagrams that can go dark, or come from somewhere else from now on.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Passes datagrams between one client, the last that has sent something, and a server.
pub(crate) struct UdpProxy {
    address: SocketAddr,
    state: Arc<State>,
    moves: mpsc::UnboundedSender<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    /// What is sent before there is one is lost.
    server: OnceLock<SocketAddr>,
    dark: AtomicBool,
    passed: AtomicUsize,
}

impl UdpProxy {
    /// A proxy before a server that is not known yet.
    pub(crate) async fn new() -> Self {
        let front = UdpSocket::bind("127.0.0.1:0").await.expect("a port is free");
        let address = front.local_addr().expect("it is bound");
        let (moves, orders) = mpsc::unbounded_channel();
        let state = Arc::<State>::default();
        let task = tokio::spawn(pass(front, Arc::clone(&state), orders));
        Self { address, state, moves, task }
    }

    /// A proxy before the server at that address.
    pub(crate) async fn before(server: SocketAddr) -> Self {
        let proxy = Self::new().await;
        proxy.set_server(server);
        proxy
    }

    pub(crate) fn set_server(&self, server: SocketAddr) {
        self.state.server.set(server).expect("there is one server");
    }

    /// Where clients find it.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on nothing gets through, or everything again.
    pub(crate) fn set_dark(&self, dark: bool) {
        self.state.dark.store(dark, Ordering::SeqCst);
    }

    /// How many datagrams have got through.
    pub(crate) fn passed(&self) -> usize {
        self.state.passed.load(Ordering::SeqCst)
    }

    /// Waits until so many more have got through.
    pub(crate) async fn more(&self, datagrams: usize) {
        let enough = self.passed() + datagrams;
        while self.passed() < enough {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// What a NAT does that forgot: from now on the server sees another address.
    pub(crate) async fn rebind(&self) {
        let (done, moved) = oneshot::channel();
        self.moves.send(done).expect("the proxy runs");
        moved.await.expect("the proxy runs");
    }
}

impl Drop for UdpProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    /// What the system does not take is lost, as datagrams are.
    async fn pass(&self, through: &UdpSocket, bytes: &[u8], to: Option<SocketAddr>) {
        if let Some(to) = to.filter(|_| !self.dark.load(Ordering::SeqCst)) {
            self.passed.fetch_add(1, Ordering::SeqCst);
            drop(through.send_to(bytes, to).await);
        }
    }
}

async fn back() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").await.expect("a port is free")
}

async fn pass(
    front: UdpSocket,
    state: Arc<State>,
    mut orders: mpsc::UnboundedReceiver<oneshot::Sender<()>>,
) {
    let (mut behind, mut client) = (back().await, None);
    let (mut forth, mut home) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            Ok((bytes, from)) = front.recv_from(&mut forth) => {
                client = Some(from);
                state.pass(&behind, &forth[..bytes], state.server.get().copied()).await;
            }
            Ok((bytes, _)) = behind.recv_from(&mut home) => {
                state.pass(&front, &home[..bytes], client).await;
            }
            Some(done) = orders.recv() => {
                behind = back().await;
                let _ = done.send(());
            }
            else => return,
        }
    }
}
