//! Links over streams in memory: order, bounds, and every way to end.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{
    BoxStream, CloseReason, EstablishError, Established, Framing, HandshakeConfig, LinkConfig,
    LinkSender, Order, Packet, PacketSink, SendError, Value, establish, start,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const LIMIT: Duration = Duration::from_secs(30);
const SCRIPT: &str = "aemp;1;script;hmac_md6_64_256;json\n\ncleartext;67656865696d;json\n";

#[derive(Debug, PartialEq)]
enum Event {
    Packet(String, Vec<Value>),
    Closed(CloseReason),
}

/// Keeps packets back until it is told not to.
struct Sink {
    events: UnboundedSender<Event>,
    kept: Vec<Event>,
}

impl PacketSink for Sink {
    fn packet(&mut self, packet: Packet) {
        let values = packet.message.to_values().expect("values");
        assert_ne!(packet.port, "panic", "told to");
        self.kept.push(Event::Packet(packet.port.into(), values));
    }

    fn flush(&mut self) {
        for event in self.kept.drain(..) {
            let _ = self.events.send(event);
        }
    }

    fn closed(&mut self, reason: CloseReason) {
        let _ = self.events.send(Event::Closed(reason));
    }
}

struct Side {
    link: LinkSender,
    events: UnboundedReceiver<Event>,
}

impl Side {
    fn of(established: Established, config: LinkConfig) -> Self {
        let (sender, events) = unbounded_channel();
        let sink = Sink { events: sender, kept: Vec::new() };
        Self { link: start(established, config, |_| sink), events }
    }

    async fn next(&mut self) -> Event {
        self.events.recv().await.expect("an event")
    }

    /// The reason, which has to be all that comes, once.
    async fn closed(&mut self) -> CloseReason {
        let Event::Closed(reason) = self.next().await else { panic!("a packet after the end") };
        assert_eq!(self.events.recv().await, None, "nothing comes after the end");
        assert_eq!(self.link.close_reason(), Some(reason.clone()));
        reason
    }
}

fn config(node_id: &str) -> Arc<HandshakeConfig> {
    Arc::new(HandshakeConfig::new(node_id, "geheim"))
}

fn boxed(stream: DuplexStream) -> BoxStream {
    Box::new(stream)
}

async fn pair(link: LinkConfig) -> (Side, Side) {
    let (near, far) = duplex(64 << 10);
    let (near, far) = tokio::join!(
        establish(boxed(near), config("alpha"), LIMIT, |_| true),
        establish(boxed(far), config("beta"), LIMIT, |_| true),
    );
    (Side::of(near.expect("established"), link), Side::of(far.expect("established"), link))
}

/// A link whose peer is a script: it has said these bytes after the handshake, and reads what
/// comes after our auth line.
async fn scripted(more: &str, link: LinkConfig, pipe: usize) -> (Side, DuplexStream) {
    let (near, mut far) = duplex(pipe);
    let script = async {
        far.write_all(format!("{SCRIPT}{more}").as_bytes()).await.expect("written");
        let mut lines = 0;
        while lines < 3 {
            lines += usize::from(far.read_u8().await.expect("read") == b'\n');
        }
        far
    };
    let (established, far) =
        tokio::join!(establish(boxed(near), config("alpha"), LIMIT, |_| true), script);
    let established = established.expect("established");
    assert_eq!(established.outcome.peer.node_id, "script");
    (Side::of(established, link), far)
}

fn packet(port: &str, number: i64) -> Event {
    Event::Packet(port.to_owned(), vec![Value::from(number)])
}

#[tokio::test]
async fn packets_arrive_in_order_in_both_directions() {
    let (mut alpha, mut beta) = pair(LinkConfig::default()).await;
    for number in 0..1000_i64 {
        alpha.link.send("to-beta", &(number,)).expect("sent");
        beta.link.send("to-alpha", &number).expect("sent");
    }
    for number in 0..1000 {
        assert_eq!(beta.next().await, packet("to-beta", number));
        assert_eq!(alpha.next().await, packet("to-alpha", number));
    }
    let counters = alpha.link.counters();
    assert_eq!((counters.packets_in, counters.packets_out), (1000, 1000));
    assert!(counters.writes < 10, "{counters:?}");
    assert_eq!(alpha.link.queued_bytes(), 0);
    assert_eq!(counters.bytes_out, beta.link.counters().bytes_in);
}

#[tokio::test]
async fn encoded_messages_and_keepalives() {
    let (alpha, mut beta) = pair(LinkConfig::default()).await;
    let message = aemp_transport::Encoded::from_message(Framing::Json, &("a", 1)).expect("encoded");
    alpha.link.send_keepalive().expect("sent");
    alpha.link.send_encoded("p", Order::Among("p"), &message).expect("sent");
    let expected = Event::Packet("p".to_owned(), vec![Value::from("a"), Value::from(1)]);
    assert_eq!(beta.next().await, expected);
    assert_eq!(beta.link.counters().packets_in, 1);
}

#[tokio::test]
async fn bytes_after_the_handshake_are_packets() {
    let (mut alpha, _far) = scripted("[\"p\",1][\"p\",2]", LinkConfig::default(), 4096).await;
    assert_eq!(alpha.next().await, packet("p", 1));
    assert_eq!(alpha.next().await, packet("p", 2));
}

#[tokio::test]
async fn many_packets_share_a_write() {
    let (alpha, mut far) = scripted("", LinkConfig::default(), 64 << 10).await;
    for number in 0..500 {
        alpha.link.send("p", &number).expect("sent");
    }
    let queued = alpha.link.queued_bytes();
    let mut heard = vec![0; queued];
    far.read_exact(&mut heard).await.expect("read");
    assert_eq!(alpha.link.counters().writes, 1);
    assert_eq!(alpha.link.counters().bytes_out, queued as u64);
}

#[tokio::test]
async fn a_full_queue_closes_the_link() {
    let link = LinkConfig { max_queue: 1000, ..LinkConfig::default() };
    let (mut alpha, _far) = scripted("", link, 512).await;
    let error = loop {
        if let Err(error) = alpha.link.send("p", &"x".repeat(90)) {
            break error;
        }
        tokio::task::yield_now().await;
        assert!(alpha.link.queued_bytes() <= 1000);
    };
    assert!(matches!(error, SendError::Full { limit: 1000, .. }), "{error}");
    assert!(alpha.link.is_closed());
    let reason = alpha.closed().await;
    assert!(matches!(reason, CloseReason::Overflow { limit: 1000, .. }), "{reason}");
    assert_eq!(alpha.link.send("p", &1), Err(SendError::Closed(reason)));
}

#[tokio::test]
async fn waiting_for_room_keeps_the_bound() {
    let link = LinkConfig { max_queue: 1000, ..LinkConfig::default() };
    let (alpha, mut far) = scripted("", link, 256).await;
    let sender = alpha.link.clone();
    let sending = tokio::spawn(async move {
        for _ in 0..100 {
            sender.room(105).await;
            sender.send("p", &"x".repeat(90)).expect("there is room");
        }
        sender.finish();
    });
    let mut heard = Vec::new();
    far.read_to_end(&mut heard).await.expect("read");
    sending.await.expect("no overflow");
    assert_eq!(heard.len(), 100 * "[\"p\",\"\"]".len() + 100 * 90);
    tokio::time::timeout(LIMIT, alpha.link.room(5000)).await.expect("room when nothing waits");
}

#[tokio::test]
async fn closing_wakes_those_who_wait_for_room() {
    let link = LinkConfig { max_queue: 1000, ..LinkConfig::default() };
    let (mut alpha, _far) = scripted("", link, 256).await;
    alpha.link.send("p", &"x".repeat(600)).expect("sent");
    let sender = alpha.link.clone();
    let waiting = tokio::spawn(async move { sender.room(900).await });
    tokio::task::yield_now().await;
    alpha.link.close(CloseReason::local("enough"));
    waiting.await.expect("woken");
    assert_eq!(alpha.closed().await, CloseReason::local("enough"));
}

#[tokio::test]
async fn finishing_writes_everything_out() {
    let (mut alpha, mut beta) = pair(LinkConfig::default()).await;
    for number in 0..10_000 {
        alpha.link.send("p", &number).expect("sent");
    }
    alpha.link.finish();
    assert_eq!(alpha.link.send("p", &0), Err(SendError::Closed(CloseReason::Finished)));
    for number in 0..10_000 {
        assert_eq!(beta.next().await, packet("p", number));
    }
    assert_eq!(beta.closed().await, CloseReason::PeerClosed);
    assert_eq!(alpha.closed().await, CloseReason::Finished);
}

#[tokio::test]
async fn the_first_reason_counts() {
    let (mut alpha, mut beta) = pair(LinkConfig::default()).await;
    alpha.link.close(CloseReason::Replaced);
    alpha.link.close(CloseReason::local("later"));
    alpha.link.closed().await;
    assert_eq!(alpha.closed().await, CloseReason::Replaced);
    assert_eq!(beta.closed().await, CloseReason::PeerClosed);
}

#[tokio::test]
async fn what_the_peer_does_wrong_closes_the_link() {
    for (bytes, text) in [
        ("[\"p\",", "protocol violation: connection closed in the middle of a packet"),
        ("HTTP", "protocol violation: expected a JSON array, found 'H'"),
        ("", "connection closed by the peer"),
    ] {
        let (mut alpha, mut far) = scripted("", LinkConfig::default(), 4096).await;
        far.write_all(bytes.as_bytes()).await.expect("written");
        far.shutdown().await.expect("shut down");
        assert_eq!(alpha.closed().await.to_string(), text);
    }
}

#[tokio::test]
async fn a_sink_that_panics_closes_the_link() {
    let (mut alpha, _far) =
        scripted("[\"p\",1][\"panic\"][\"p\",2]", LinkConfig::default(), 4096).await;
    assert_eq!(alpha.next().await, packet("p", 1));
    let reason = alpha.closed().await.to_string();
    assert!(reason.starts_with("receiver of packets panicked: "), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn remembers_when_something_came() {
    let (mut alpha, mut far) = scripted("", LinkConfig::default(), 4096).await;
    let started = alpha.link.last_inbound();
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(alpha.link.last_inbound(), started);
    far.write_all(b"[\"p\",1]").await.expect("written");
    alpha.next().await;
    assert_eq!(alpha.link.last_inbound() - started, Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_given_up() {
    for (said, text) in [
        ("", "no greeting from the peer within 30s"),
        ("aemp;1;x;cleartext,hmac_sha3_512;json\n", "no nonce line from the peer within 30s"),
        ("aemp;1;x;hmac_sha3_512;json\n\n", "no auth line from the peer within 30s"),
    ] {
        let (near, mut far) = duplex(4096);
        far.write_all(said.as_bytes()).await.expect("written");
        let error =
            establish(boxed(near), config("alpha"), LIMIT, |_| true).await.expect_err("given up");
        assert_eq!(error.to_string(), text);
    }
}

#[tokio::test]
async fn a_peer_that_goes_away() {
    for (said, text) in [
        ("", "connection closed by the peer before its greeting"),
        (
            "aemp;1;x;hmac_sha3_512;json\n\n",
            "connection closed by the peer before its auth line (it refused ours, see its log)",
        ),
    ] {
        let (near, mut far) = duplex(4096);
        far.write_all(said.as_bytes()).await.expect("written");
        far.shutdown().await.expect("shut down");
        let error =
            establish(boxed(near), config("alpha"), LIMIT, |_| true).await.expect_err("gone");
        assert_eq!(error.to_string(), text);
    }
}

#[tokio::test]
async fn both_sides_learn_of_a_wrong_secret() {
    let (near, far) = duplex(4096);
    let wrong = Arc::new(HandshakeConfig::new("beta", "falsch"));
    let (near, far) = tokio::join!(
        establish(boxed(near), config("alpha"), LIMIT, |_| true),
        establish(boxed(far), wrong, LIMIT, |_| true),
    );
    for (result, node_id) in [(near, "beta"), (far, "alpha")] {
        let error = result.expect_err("wrong");
        assert!(matches!(error, EstablishError::Handshake(_)), "{error}");
        let expected = format!("wrong secret (hmac_sha3_512 of node {node_id:?} does not verify)");
        assert_eq!(error.to_string(), expected);
    }
}
