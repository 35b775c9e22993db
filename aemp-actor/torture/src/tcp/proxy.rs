//! A proxy that cuts connections.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use aemp_actor::sim::Random;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// Most connections are cut within so many bytes of one direction.
const LONGEST: usize = 20_000;

/// Stands before one listener.
pub(super) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    random: Mutex<Random>,
    target: Mutex<Option<SocketAddr>>,
    /// Nothing is cut any more.
    sparing: AtomicBool,
    cuts: AtomicUsize,
    open: AtomicUsize,
}

impl Proxy {
    pub(super) async fn start(random: Random) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            random: Mutex::new(random),
            target: Mutex::default(),
            sparing: AtomicBool::new(false),
            cuts: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
        });
        let accepting = shared.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let target = *accepting.target.lock();
                let shared = accepting.clone();
                tokio::spawn(async move {
                    if let Some(target) = target
                        && let Ok(far) = TcpStream::connect(target).await
                    {
                        shared.open.fetch_add(1, Ordering::Relaxed);
                        shared.carry(near, far).await;
                        shared.open.fetch_sub(1, Ordering::Relaxed);
                    }
                });
            }
        });
        Ok(Self { address, shared })
    }

    /// Where to dial.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The listener behind it.
    pub(super) fn leads_to(&self, listener: SocketAddr) {
        *self.shared.target.lock() = Some(listener);
    }

    /// Cuts nothing any more.
    pub(super) fn spare(&self) {
        self.shared.sparing.store(true, Ordering::Relaxed);
    }

    /// How many connections have been cut.
    pub(super) fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::Relaxed)
    }

    /// How many connections there are.
    pub(super) fn open(&self) -> usize {
        self.shared.open.load(Ordering::Relaxed)
    }
}

impl Shared {
    /// Carries bytes both ways until the connection ends, or is cut.
    async fn carry(&self, near: TcpStream, far: TcpStream) {
        let abrupt = self.random.lock().percent(50);
        if abrupt {
            // Both ends see a reset, and may lose what has not been read.
            let _ = (near.set_zero_linger(), far.set_zero_linger());
        }
        let (near_reading, near_writing) = near.into_split();
        let (far_reading, far_writing) = far.into_split();
        let there = self.pump(near_reading, far_writing);
        let back = self.pump(far_reading, near_writing);
        tokio::pin!(there, back);
        let ends = tokio::select! {
            end = &mut there => [Some(end), None],
            end = &mut back => [None, Some(end)],
        };
        // After one direction has ended in order the other is carried on.
        let last = match ends {
            [Some(End::Closed), _] => back.await,
            [_, Some(End::Closed)] => there.await,
            _ => End::Cut,
        };
        if last == End::Cut {
            self.cuts.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn pump(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> End {
        let longest = if self.random.lock().percent(30) { LONGEST / 20 } else { LONGEST };
        let mut left = self.random.lock().below(longest);
        let mut buffer = vec![0; 4096];
        loop {
            let Ok(read) = from.read(&mut buffer).await else { return End::Closed };
            if read == 0 {
                let _ = to.shutdown().await;
                return End::Closed;
            }
            let cut = read >= left && !self.sparing.load(Ordering::Relaxed);
            let passed = if cut { left } else { read };
            if to.write_all(&buffer[..passed]).await.is_err() {
                return End::Closed;
            }
            if cut {
                return End::Cut;
            }
            left = left.saturating_sub(read);
        }
    }
}

/// How a direction ended.
#[derive(Clone, Copy, Eq, PartialEq)]
enum End {
    Closed,
    Cut,
}
