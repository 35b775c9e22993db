//! Requests that are answered with nothing but that they are done.

use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::protocol;

/// Something that can be saved.
#[protocol]
trait Saving {
    #[rcv(request)]
    fn save(&self);
}

#[derive(Default, Port)]
#[port(protocols(Saving))]
struct Desk {
    written: Vec<String>,
}

#[rcv]
impl Desk {
    #[rcv(request)]
    fn write(&mut self, line: String) {
        self.written.push(line);
    }

    #[rcv(request)]
    async fn check(&mut self, most: usize) -> Result<(), Die> {
        tokio::task::yield_now().await;
        if self.written.len() > most { Err(die!("too much")) } else { Ok(()) }
    }

    /// The same by hand.
    fn later(&mut self, to: DeskRef, reply: Reply<()>) {
        reply.forward(to.write("forwarded"));
    }

    fn lines(&self) -> Vec<String> {
        self.written.clone()
    }
}

#[rcv]
impl Saving for Desk {
    #[rcv(request)]
    fn save(&mut self) {
        self.written.push("saved".into());
    }
}

#[tokio::test]
async fn a_handler_that_returns_nothing_can_be_awaited_and_forwarded() {
    let node = Node::local();
    let (desk, other) = (node.port(Desk::default()), node.port(Desk::default()));
    let done: Call<()> = desk.write("first");
    assert_eq!(done.await, Ok(()));
    assert_eq!(desk.check(1).await, Ok(()));
    assert_eq!(desk.later(&other).timeout(Duration::from_secs(9)).await, Ok(()));
    assert_eq!(SavingRef::from(&other).save().await, Ok(()));
    assert_eq!(other.lines().await.unwrap(), ["forwarded", "saved"]);
    // As a message with a reply port, as other nodes send it; and without one it is a message like any other.
    let (nothing,): ((),) = node.cal(&desk, ("write", "second")).await.unwrap();
    assert_eq!(nothing, ());
    node.snd(&desk, ("write", "third"));
    assert_eq!(desk.lines().await.unwrap(), ["first", "second", "third"]);
    let died = desk.check(1).await.unwrap_err();
    assert_eq!(died.reason().map(Reason::text).as_deref(), Some("too much"));
}
