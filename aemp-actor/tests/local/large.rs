//! Messages and state by value, as large as a channel of tokio's takes on a stack of 2 MiB.

use aemp_actor::prelude::*;
use tokio::runtime::Builder;

/// What a debug build bears; an optimised one bears eight times as much.
const SIZE: usize = if cfg!(debug_assertions) { 64 << 10 } else { 512 << 10 };

struct Large([u8; SIZE]);

impl Large {
    fn new(n: u8) -> Self {
        Self([n; SIZE])
    }
}

#[derive(Port)]
struct Taker {
    sum: u64,
}

#[rcv]
impl Taker {
    #[rcv(local)]
    fn take(&mut self, large: Large) {
        self.sum += u64::from(large.0[SIZE - 1]);
    }
    fn sum(&self) -> u64 {
        self.sum
    }
}

#[derive(Port)]
struct Holder {
    state: [u8; SIZE],
}

#[rcv]
impl Holder {
    fn add(&mut self, n: u8) {
        self.state[SIZE - 1] += n;
    }
    fn last(&self) -> u8 {
        self.state[SIZE - 1]
    }
}

/// All of it on threads with stacks as tokio's.
fn on_small_stacks(test: impl Future<Output = ()> + Send + 'static) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(runtime.spawn(test)).unwrap();
}

#[test]
fn messages() {
    on_small_stacks(async {
        let node = Node::local();
        let port = node.port(Taker { sum: 0 });
        assert_eq!(port.sum().await, Ok(0), "a small message");
        for n in 1..=3 {
            port.take(Large::new(n)).unwrap();
        }
        assert_eq!(port.sum().await, Ok(6));
    });
}

#[test]
fn state() {
    on_small_stacks(async {
        let node = Node::local();
        let port = node.port(Holder { state: [0; SIZE] });
        for _ in 0..3 {
            port.add(1);
        }
        assert_eq!(port.last().await, Ok(3));
        // Again, after the port was idle.
        tokio::task::yield_now().await;
        assert_eq!(node.cal::<(u8,)>(&port, ("last",)).await, Ok((3,)));
    });
}

/// Half as much, since the message is kept in the future of the handler.
#[test]
fn messages_that_handlers_wait_with() {
    const HALF: usize = SIZE / 2;

    struct Half([u8; HALF]);

    #[derive(Port)]
    struct Waiter;

    #[rcv]
    impl Waiter {
        #[rcv(local)]
        async fn keep(&mut self, half: Half, other: u8) -> u8 {
            tokio::task::yield_now().await;
            half.0[HALF - 1] + other
        }
    }

    on_small_stacks(async {
        let node = Node::local();
        let port = node.port(Waiter);
        assert_eq!(port.keep(Half([1; HALF]), 2).await, Ok(3));
    });
}
