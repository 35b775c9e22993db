//! Parameters with defaults, which the `#[rcv]` block need not name; and ports that hold handles on
//! their like.

use aemp_actor::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

#[derive(Port)]
struct Store<T = u8, const N: usize = 2> {
    items: [Option<T>; N],
    next: Option<StoreRef>,
}

#[rcv]
impl Store {
    fn first(&self) -> Option<u8> {
        self.items[0]
    }

    fn link(&mut self, next: StoreRef) {
        self.next = Some(next);
    }
}

#[derive(Port)]
struct Chain<T: Job = u8> {
    job: T,
    next: Option<ChainRef<T>>,
}

/// Brings all that a parameter needs.
trait Job: DeserializeOwned + Send + Serialize + 'static {}

impl Job for u8 {}

#[rcv]
impl<T: Job> Chain<T> {
    fn link(&mut self, next: ChainRef<T>, job: T) {
        self.next = Some(next);
        self.job = job;
    }
}

fn is_port<P: Port>(_: &P) {}

pub(super) fn main() {
    is_port(&Store::<u8, 2> { items: [None, Some(1)], next: None });
    is_port(&Chain { job: 1, next: None });
}
