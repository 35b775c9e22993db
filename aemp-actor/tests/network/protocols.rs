//! Protocols and later answers between nodes.

use aemp_actor::prelude::*;

use crate::support::{PATIENCE, RawPeer, death, for_each_pair, soon, tcp_node, until};

/// What keeps texts.
#[protocol]
trait Archive {
    fn put(&self, text: String);
    fn all(&self) -> Vec<String>;
    fn wait(&self) -> u32;
}

#[derive(Default, Port)]
#[port(protocols(Archive))]
struct Shelf {
    texts: Vec<String>,
    waiting: Vec<Reply<u32>>,
    next: Option<ArchiveRef>,
}

#[rcv]
impl Shelf {
    fn release(&mut self, value: u32) {
        self.waiting.drain(..).for_each(|reply| reply.answer(value));
    }
    fn forget(&mut self) {
        self.waiting.clear();
    }
    fn refuse(&mut self) {
        self.waiting.drain(..).for_each(|reply| reply.fail(("closed", "on Sundays")));
    }
    fn waiting(&self) -> usize {
        self.waiting.len()
    }
    /// Hands requests to the next, which is named in a message.
    fn pass_to(&mut self, next: ArchiveRef) {
        self.next = Some(next);
    }
}

#[rcv]
impl Archive for Shelf {
    fn put(&mut self, text: String) {
        self.texts.push(text);
    }
    fn all(&self) -> Vec<String> {
        self.texts.clone()
    }
    fn wait(&mut self, reply: Reply<u32>) {
        match &self.next {
            Some(next) => reply.forward(next.wait()),
            None => self.waiting.push(reply),
        }
    }
}

#[tokio::test]
async fn a_protocol_is_spoken_between_nodes() {
    for_each_pair(async |here, there| {
        let shelf = there.port(Shelf::default());
        let archive = ArchiveRef::at(&here, shelf.id());
        archive.put("far");
        assert_eq!(archive.all().await, Ok(vec!["far".to_owned()]));
        // A handle in a message, back to its own node.
        let (own, asking) = (here.port(Shelf::default()), here.port(Shelf::default()));
        let far = ShelfRef::at(&here, shelf.id());
        far.pass_to(&own);
        assert_eq!(far.waiting().await, Ok(0), "it knows whom to pass requests to");
        let call = ShelfRef::at(&here, asking.id());
        call.pass_to(&shelf);
        let waiting = ArchiveRef::from(&asking).wait();
        until_waits(&own).await;
        own.release(5);
        assert_eq!(soon("an answer through two nodes", waiting).await, Ok(5));
        // A node that goes away.
        let died = death(&here, &archive);
        there.shutdown(PATIENCE).await;
        let reason = died.reason().await;
        assert!(["shutdown", "transport_error"].contains(&reason.kind()), "{reason}");
    })
    .await;
}

/// Waits until the port holds a request.
async fn until_waits(shelf: &ShelfRef) {
    soon("a request to be held", async {
        while shelf.waiting().await != Ok(1) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn later_answers_reach_other_nodes() {
    for_each_pair(async |here, there| {
        let shelf = there.port(Shelf::default());
        let ports = here.port_count();
        let archive = ArchiveRef::at(&here, shelf.id());
        let ask = async |then: fn(&ShelfRef)| {
            let waiting = archive.wait();
            until_waits(&shelf).await;
            then(&shelf);
            soon("what becomes of a request", waiting).await
        };
        assert_eq!(ask(|shelf| shelf.release(7)).await, Ok(7));
        let target = shelf.id();
        assert_eq!(ask(ShelfRef::forget).await, Err(CallError::Dropped { target: target.clone() }));
        let reason = Reason::new("closed", "on Sundays");
        let failed = CallError::Failed { target: target.clone(), reason };
        assert_eq!(ask(ShelfRef::refuse).await, Err(failed));
        let died = CallError::Died { target, reason: Reason::from("fire") };
        assert_eq!(ask(|shelf| shelf.kil("fire")).await, Err(died));
        until("reply ports to go", || here.port_count() == ports).await;
    })
    .await;
}

#[tokio::test]
async fn a_forwarded_request_outlives_the_port_that_forwarded_it() {
    for_each_pair(async |here, there| {
        let worker = there.port(Shelf::default());
        let front = there.port(Shelf { next: Some((&worker).into()), ..Shelf::default() });
        let archive = ArchiveRef::at(&here, front.id());
        let answered = archive.wait();
        until_waits(&worker).await;
        let died = death(&here, &front);
        front.kil("gone");
        died.reason().await;
        worker.release(3);
        assert_eq!(soon("the answer", answered).await, Ok(3));

        let front = there.port(Shelf { next: Some((&worker).into()), ..Shelf::default() });
        let archive = ArchiveRef::at(&here, front.id());
        let unanswered = archive.wait();
        until_waits(&worker).await;
        worker.kil("gone, too");
        let error = soon("the news of the death", unanswered).await.unwrap_err();
        assert_eq!(error.to_string(), format!("{worker} died before it answered: gone, too"));

        let worker = there.port(Shelf::default());
        let front = there.port(Shelf { next: Some((&worker).into()), ..Shelf::default() });
        let waiting = ArchiveRef::at(&here, front.id()).wait();
        until_waits(&worker).await;
        there.shutdown(PATIENCE).await;
        let error = soon("the news of the node's end", waiting).await.unwrap_err();
        assert!(matches!(error, CallError::Died { .. }), "{error}");
    })
    .await;
}

/// What callers that are no nodes of ours see: a message to their port, or an empty one.
#[tokio::test]
async fn a_script_is_answered_later() {
    let node = tcp_node("alpha").await;
    let mut peer = RawPeer::log_in(&node, "script").await;
    let shelf = node.port(Shelf::default());
    let name = shelf.id().port().to_owned();
    peer.packet(serde_json::json!([name, "wait", "script#answer"])).await;
    until_waits(&shelf).await;
    shelf.release(4);
    assert_eq!(peer.next().await, serde_json::json!(["answer", 4]));
    for end in [ShelfRef::forget, ShelfRef::refuse] {
        peer.packet(serde_json::json!([name, "wait", "script#answer"])).await;
        until_waits(&shelf).await;
        end(&shelf);
        assert_eq!(peer.next().await, serde_json::json!(["answer"]));
    }
    peer.packet(serde_json::json!([name, "put", "by hand"])).await;
    peer.packet(serde_json::json!([name, "all", "script#answer"])).await;
    assert_eq!(peer.next().await, serde_json::json!(["answer", ["by hand"]]));
}

/// Nonsense of a peer about answers harms nobody.
#[tokio::test]
async fn a_peer_cannot_end_what_it_was_not_asked() {
    let node = tcp_node("alpha").await;
    let mut peer = RawPeer::log_in(&node, "raw").await;
    let shelf = node.port(Shelf::default());
    let name = shelf.id().port().to_owned();
    for request in [
        serde_json::json!(["", "aemp::held"]),
        serde_json::json!(["", "aemp::held", name]),
        serde_json::json!(["", "aemp::held", "nonesuch?"]),
        serde_json::json!(["", "aemp::held", ["x"]]),
        serde_json::json!(["", "aemp::refused", name, "text", "died", "x#y", "kind"]),
        serde_json::json!(["", "aemp::refused", name, "text", "failed"]),
        serde_json::json!(["", "aemp::refused", name, "text", 7, 8, 9]),
    ] {
        peer.packet(request).await;
    }
    // Its own request is told in its own words.
    let call = node.cal::<(u8,)>("raw#port", ("question",));
    assert_eq!(peer.next().await, serde_json::json!(["", "mon1", "port"]));
    let request = peer.next().await;
    let reply = request[2].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    peer.packet(serde_json::json!(["", "aemp::held", reply])).await;
    peer.packet(serde_json::json!(["", "aemp::held", reply])).await;
    assert_eq!(peer.next().await, serde_json::json!(["", "mon1", ""]), "the node is monitored");
    assert_eq!(peer.next().await, serde_json::json!(["", "mon0", "port"]));
    peer.packet(serde_json::json!(["", "kil0", "port", "gone"])).await;
    let told =
        serde_json::json!(["", "aemp::refused", reply, "text", "failed", "raw#other", "why", 1]);
    peer.packet(told).await;
    let error = soon("the end of the call", call).await.unwrap_err();
    assert_eq!(error.to_string(), "raw#other failed the request: why: 1");
    assert!(shelf.waiting().await.is_ok());
}
