//! A way for datagrams that can go dark, or come from somewhere else from now on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Passes datagrams between one client, the last that has sent something, and a server.
pub(crate) struct UdpProxy {
    address: SocketAddr,
    dark: Arc<AtomicBool>,
    passed: Arc<AtomicUsize>,
    moves: mpsc::UnboundedSender<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl UdpProxy {
    /// A proxy before the server at that address.
    pub(crate) async fn new(server: SocketAddr) -> Self {
        let front = UdpSocket::bind("127.0.0.1:0").await.expect("a port is free");
        let address = front.local_addr().expect("it is bound");
        let (moves, orders) = mpsc::unbounded_channel();
        let dark = Arc::new(AtomicBool::new(false));
        let passed = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(pass(front, server, dark.clone(), passed.clone(), orders));
        Self { address, dark, passed, moves, task }
    }

    /// Where clients find it.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on nothing gets through, or everything again.
    pub(crate) fn set_dark(&self, dark: bool) {
        self.dark.store(dark, Ordering::SeqCst);
    }

    /// Waits until so many more datagrams have got through.
    pub(crate) async fn more(&self, datagrams: usize) {
        let enough = self.passed.load(Ordering::SeqCst) + datagrams;
        while self.passed.load(Ordering::SeqCst) < enough {
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

async fn back() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").await.expect("a port is free")
}

async fn pass(
    front: UdpSocket,
    server: SocketAddr,
    dark: Arc<AtomicBool>,
    passed: Arc<AtomicUsize>,
    mut orders: mpsc::UnboundedReceiver<oneshot::Sender<()>>,
) {
    let (mut behind, mut client) = (back().await, None);
    let (mut forth, mut home) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        // What the system does not take is lost, as datagrams are.
        tokio::select! {
            Ok((octets, from)) = front.recv_from(&mut forth) => {
                client = Some(from);
                if !dark.load(Ordering::SeqCst) {
                    passed.fetch_add(1, Ordering::SeqCst);
                    drop(behind.send_to(&forth[..octets], server).await);
                }
            }
            Ok((octets, _)) = behind.recv_from(&mut home) => {
                if let Some(client) = client.filter(|_| !dark.load(Ordering::SeqCst)) {
                    passed.fetch_add(1, Ordering::SeqCst);
                    drop(front.send_to(&home[..octets], client).await);
                }
            }
            Some(done) = orders.recv() => {
                behind = back().await;
                let _ = done.send(());
            }
            else => return,
        }
    }
}
