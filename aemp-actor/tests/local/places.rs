//! Where code of a port runs, and from where a port can be used: destructors never on the thread of
//! who sends, requests on any executor.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crate::support::PATIENCE;
use aemp_actor::prelude::*;
use aemp_actor::{PortOptions, PortRef};
use tokio::runtime::{Builder, Runtime};

/// Takes a lock when it is dropped, and a runtime.
#[derive(Port)]
struct Locking {
    lock: Arc<Mutex<()>>,
    dropped: mpsc::Sender<bool>,
}

impl Drop for Locking {
    fn drop(&mut self) {
        let in_runtime = tokio::runtime::Handle::try_current().is_ok();
        drop(self.lock.lock().unwrap());
        self.dropped.send(in_runtime).unwrap();
    }
}

#[rcv]
impl Locking {
    fn take(&mut self, _text: String) {}
}

/// Whatever ends the port: the sender may hold a lock that its destructor takes.
#[test]
fn destructors_run_in_the_runtime_and_under_no_lock_of_the_sender() {
    type Act = fn(Node, LockingRef);
    let acts: [(&str, Act); 6] = [
        ("more bytes than may wait", |node, port| node.snd(&port, ("take", "x".repeat(2000)))),
        ("more messages than may wait", |_, port| (0..20).for_each(|_| port.take("x"))),
        ("kil", |_, port| port.kil(())),
        ("kil_now", |_, port| port.kil_now(())),
        ("the last handle of the node", |node, _| drop(node)),
        ("a linked port", |node, port| {
            let other = node.port_fn(|_, _| ());
            node.mon(&other, aemp_actor::Kil(port.id()));
            node.kil(&other, "crash");
        }),
    ];
    for (what, act) in acts {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let node = runtime.block_on(async { Node::local() });
        let (lock, (dropped, drops)) = (Arc::new(Mutex::new(())), mpsc::channel());
        let options = PortOptions::new().max_messages(10).max_bytes(1000);
        let port = node.port_with(Locking { lock: lock.clone(), dropped }, options);
        let (sent, sends) = mpsc::channel();
        std::thread::spawn(move || {
            let _held = lock.lock().unwrap();
            act(node, port);
            sent.send(()).unwrap();
        });
        sends.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{what}: the sender hangs"));
        let in_runtime = drops.recv_timeout(PATIENCE).expect("it is dropped");
        assert!(in_runtime, "{what}");
    }
}

/// An executor that knows nothing of tokio.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[derive(Port)]
struct Slow;

#[rcv]
impl Slow {
    async fn answer(&self) -> u8 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        7
    }
    async fn never(&self) -> u8 {
        std::future::pending().await
    }
}

#[test]
fn any_executor_can_wait_for_a_port() {
    let runtime = Runtime::new().unwrap();
    let node = runtime.block_on(async { Node::local() });
    let port = node.port(Slow);
    assert_eq!(block_on(port.answer()), Ok(7));
    assert_eq!(block_on(node.cal::<(u8,)>(&port, ("answer",))), Ok((7,)));
    assert_eq!(block_on(port.peval(|_, _| Ok(1))), Ok(1));
    assert_eq!(block_on(node.snd_wait(&port, ("answer",))), Ok(()));
    let timeout = Duration::from_millis(5);
    let slow = node.port(Slow);
    let late = block_on(slow.never().timeout(timeout));
    assert!(matches!(late, Err(CallError::Timeout { .. })), "{late:?}");
    let without_time = Builder::new_current_thread().build().unwrap();
    assert_eq!(without_time.block_on(node.port(Slow).answer()), Ok(7));
    assert!(without_time.block_on(slow.never().timeout(timeout)).is_err());
    // Else the node waits for its handlers.
    slow.kil_now(());
    block_on(node.shutdown(Duration::from_secs(60)));
    assert_eq!(node.port_count(), 0);
}
