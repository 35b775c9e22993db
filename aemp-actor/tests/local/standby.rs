//! What is kept of ports that have nothing to do.

use tokio::runtime::Handle;

use crate::support::{soon, until};
use aemp_actor::prelude::*;

#[derive(Default, Port)]
struct Adder {
    sum: u64,
}

#[rcv]
impl Adder {
    fn add(&mut self, n: u64) -> u64 {
        self.sum += n;
        self.sum
    }
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// The next message of a port needs no new task, unless many others were sent messages meanwhile.
#[tokio::test]
async fn as_many_ports_as_there_are_places_keep_their_task() {
    const PLACES: usize = 1024;
    let node = Node::local();
    let first = node.port(Adder::default());
    tokio::task::yield_now().await;
    let none = tasks();
    assert_eq!(first.add(1).await.unwrap(), 1);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(tasks(), none + 1);

    let others: Vec<_> = (0..3 * PLACES).map(|_| node.port(Adder::default())).collect();
    for round in 1..=3 {
        for port in &others {
            assert_eq!(soon("an answer", port.add(1)).await.unwrap(), round);
        }
        until("the others to end", || tasks() == none + PLACES).await;
    }
    assert_eq!(soon("an answer", first.add(1)).await.unwrap(), 2);
    // One that others do not compete with gets a place in the end.
    for sum in 3..=10 {
        until("it to wait, or to end", || tasks() == none + PLACES).await;
        assert_eq!(soon("an answer", first.add(1)).await.unwrap(), sum);
    }
    for port in &others {
        port.kil(());
    }
    until("the others to end", || tasks() == none + 1).await;
    first.kil(());
    until("all to end", || tasks() == none).await;
}
