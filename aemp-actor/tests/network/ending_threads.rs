//! Threads that end: what they kept is dropped when their own data is already gone.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;

use aemp_actor::prelude::*;

use crate::support::{Net, pair, sink};

/// Sends a last message when it is dropped, and tells whether that has panicked.
struct Last {
    node: Node,
    to: PortId,
    panicked: mpsc::Sender<bool>,
}

impl Drop for Last {
    fn drop(&mut self) {
        let sent = catch_unwind(AssertUnwindSafe(|| self.node.snd(&self.to, "last")));
        self.panicked.send(sent.is_err()).expect("the test waits");
    }
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

#[tokio::test]
async fn a_thread_sends_while_its_data_is_dropped() {
    let (one, two) = pair(&Net::Tcp, "alpha", "beta").await;
    let mut sink = sink(&two);
    let (panicked, outcome) = mpsc::channel();
    let last = Last { node: one.clone(), to: sink.id.clone(), panicked };
    std::thread::spawn(move || {
        let (node, to) = (last.node.clone(), last.to.clone());
        // Before the thread first sends: so it is dropped after all that the library keeps for the thread.
        LAST.set(Some(last));
        node.snd(&to, "first");
    })
    .join()
    .unwrap();
    assert!(!outcome.recv().unwrap(), "it has panicked");
    assert_eq!([sink.next().await, sink.next().await], ["[\"first\"]", "[\"last\"]"]);
}
