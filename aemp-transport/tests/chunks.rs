//! Large packets let small ones pass: counted in bytes, not in time.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{
    BoxStream, CloseReason, Framing, HandshakeConfig, LinkConfig, LinkSender, Order, Packet,
    PacketSink, establish, start,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const LIMIT: Duration = Duration::from_secs(30);
/// What is written of a large packet before it is a small one's turn.
const TURN: usize = 64 << 10;
const CHUNK: usize = 4 << 10;
const HEAD: usize = 4;

struct Sink(UnboundedSender<String>);

impl PacketSink for Sink {
    fn packet(&mut self, packet: Packet) {
        let _ = self.0.send(format!("{} {}", packet.port, packet.message.bytes_len()));
    }

    fn closed(&mut self, reason: CloseReason) {
        let _ = self.0.send(reason.to_string());
    }
}

fn config(node_id: &str, framing: Framing) -> Arc<HandshakeConfig> {
    let mut config = HandshakeConfig::new(node_id, "geheim");
    config.framings = vec![framing];
    Arc::new(config)
}

/// A link, and the raw other end of its stream, which has said `greeting` and read the handshake.
async fn raw(keys: &str, pipe: usize, link: LinkConfig) -> (LinkSender, DuplexStream) {
    let (near, mut far) = duplex(pipe);
    let script = async {
        let said = format!("aemp;1;raw;hmac_sha3_512;json{keys}\nx\ncleartext;67656865696d;json\n");
        far.write_all(said.as_bytes()).await.expect("written");
        let mut lines = 0;
        while lines < 3 {
            lines += usize::from(far.read_u8().await.expect("read") == b'\n');
        }
        far
    };
    let near: BoxStream = Box::new(near);
    let config = config("near", Framing::Json);
    let (near, far) = tokio::join!(establish(near, config, LIMIT, |_| true), script);
    let near = near.expect("established");
    assert_eq!(near.outcome.chunked, keys.contains("chunk=1"));
    (start(near, link, |_| Sink(unbounded_channel().0)), far)
}

/// Two links, and what each hears.
async fn pair(framing: Framing, pipe: usize) -> ([LinkSender; 2], [UnboundedReceiver<String>; 2]) {
    let (near, far) = duplex(pipe);
    let (near, far): (BoxStream, BoxStream) = (Box::new(near), Box::new(far));
    let (near, far) = tokio::join!(
        establish(near, config("near", framing), LIMIT, |_| true),
        establish(far, config("far", framing), LIMIT, |_| true),
    );
    let [near, far] = [near, far].map(|established| {
        let (sender, events) = unbounded_channel();
        let established = established.expect("established");
        assert!(established.outcome.chunked);
        (start(established, LinkConfig::default(), |_| Sink(sender)), events)
    });
    ([near.0, far.0], [near.1, far.1])
}

async fn chunk(far: &mut DuplexStream) -> (u8, Vec<u8>) {
    let kind = far.read_u8().await.expect("a chunk");
    let mut length = [0; 4];
    far.read_exact(&mut length[1..]).await.expect("a length");
    let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
    far.read_exact(&mut bytes).await.expect("the bytes");
    (kind, bytes)
}

#[tokio::test]
async fn a_small_packet_waits_for_one_turn_at_most() {
    let (link, mut far) = raw(";chunk=1", 16 << 10, LinkConfig::default()).await;
    link.send("large", &"x".repeat(32 << 20)).expect("sent");
    let (mut read, mut content) = (0, 0);
    for _ in 0..3 {
        let (kind, bytes) = chunk(&mut far).await;
        assert_eq!((kind, bytes.len()), (1, CHUNK));
        (read, content) = (read + HEAD + CHUNK, content + CHUNK);
    }
    let written = usize::try_from(link.counters().bytes_out).expect("few");
    link.send("small", &1).expect("sent");
    link.try_send("", Order::Free, &("snd", "near", "")).expect("sent");
    let (before, express) = loop {
        let (kind, bytes) = chunk(&mut far).await;
        if kind == 0 {
            break (read, bytes);
        }
        (read, content) = (read + HEAD + bytes.len(), content + bytes.len());
    };
    // What the pipe held had been written, and the turn that was being written was the last.
    let turn = TURN / CHUNK * (HEAD + CHUNK);
    assert!(before < written + turn, "{before} after {written}");
    assert_eq!(express, br#"["small",1]["","snd","near",""]"#);
    loop {
        let (kind, bytes) = chunk(&mut far).await;
        content += bytes.len();
        if kind == 2 {
            break;
        }
    }
    assert_eq!(content, (32 << 20) + r#"["large",""]"#.len());
}

#[tokio::test]
async fn what_is_urgent_waits_for_one_chunk_at_most() {
    let (link, mut far) = raw(";chunk=1", 1 << 10, LinkConfig::default()).await;
    for number in 0..100 {
        link.send("small", &"x".repeat(1000 + number)).expect("sent");
    }
    link.send("large", &"x".repeat(1 << 20)).expect("sent");
    for lane in [0, 1] {
        while chunk(&mut far).await.0 != lane {}
        let written = usize::try_from(link.counters().bytes_out).expect("few");
        link.try_send("", Order::Urgent, &"alive").expect("sent");
        let mut read = 0;
        while !chunk(&mut far).await.1.starts_with(br#"["","alive"]"#) {
            read += 1;
        }
        assert!(read <= 1 + (1 << 10) / 1000, "{read} chunks, after {written} bytes");
    }
}

#[tokio::test]
async fn order_is_kept_by_port() {
    for framing in Framing::ALL {
        let ([near, _far], [_, mut heard]) = pair(*framing, 1000).await;
        let length = |text: &str| {
            aemp_transport::Encoded::from_message(*framing, text).expect("encodable").bytes_len()
        };
        let large = "x".repeat(300_000);
        near.send("a", "first").expect("sent");
        near.send("a", large.as_str()).expect("sent");
        // So that the large packet has begun.
        assert_eq!(heard.recv().await, Some(format!("a {}", length("first"))));
        near.send("a", "behind").expect("sent");
        near.send_ordered("", Order::Among("a"), "kil a").expect("sent");
        near.send_ordered("", Order::After("z"), "kil0 z").expect("sent");
        near.send("b", "passes").expect("sent");
        near.send_ordered("", Order::Among("b"), "mon1 b").expect("sent");
        near.send("b", large.as_str()).expect("sent");
        near.send("b", "is behind the second").expect("sent");
        near.send("z", "is behind its kil0").expect("sent");
        near.finish();
        for (port, text) in [
            ("b", "passes"),
            ("", "mon1 b"),
            ("a", large.as_str()),
            ("a", "behind"),
            ("", "kil a"),
            ("", "kil0 z"),
            ("b", large.as_str()),
            ("b", "is behind the second"),
            ("z", "is behind its kil0"),
        ] {
            let expected = format!("{port} {}", length(text));
            assert_eq!(heard.recv().await, Some(expected), "{framing} {port}");
        }
        assert_eq!(heard.recv().await.as_deref(), Some("connection closed by the peer"));
    }
}

#[tokio::test]
async fn without_chunks_everything_keeps_its_order() {
    for keys in ["", ";chunk=0", ";chunk"] {
        let (link, mut far) = raw(keys, 1000, LinkConfig::default()).await;
        link.send("large", &"x".repeat(200_000)).expect("sent");
        link.try_send("", Order::Free, &"alive").expect("sent");
        link.send("small", &1).expect("sent");
        link.finish();
        let mut heard = Vec::new();
        far.read_to_end(&mut heard).await.expect("read");
        assert!(
            heard.starts_with(br#"["large","xxx"#)
                && heard.ends_with(br#"["","alive"]["small",1]"#)
        );
    }
}

#[tokio::test]
async fn both_lanes_are_bounded_together() {
    let config = LinkConfig { max_queue: 1 << 20, ..LinkConfig::default() };
    let (link, mut far) = raw(";chunk=1", 1000, config).await;
    let sender = link.clone();
    let sending = tokio::spawn(async move {
        for number in 0..40 {
            let bytes = [10, 200_000, 65_500, 300_000][number % 4];
            sender.room(bytes + 20).await;
            sender.send(["a", "b"][number % 2], &"x".repeat(bytes)).expect("there is room");
            assert!(sender.queued_bytes() <= 1 << 20);
        }
        sender.finish();
    });
    let mut heard = Vec::new();
    far.read_to_end(&mut heard).await.expect("read");
    sending.await.expect("no overflow");
    assert!(heard.len() > 10 * (10 + 200_000 + 65_500 + 300_000));
    assert_eq!((link.queued_bytes(), link.lost_packets()), (0, 0));
}

#[tokio::test]
async fn what_never_went_out_is_counted() {
    let (link, mut far) = raw(";chunk=1", 1000, LinkConfig::default()).await;
    link.send("a", &"x".repeat(200_000)).expect("sent");
    link.send("a", "behind").expect("sent");
    link.send("b", &"x".repeat(200_000)).expect("sent");
    chunk(&mut far).await;
    link.close(CloseReason::local("enough"));
    assert_eq!(link.lost_packets(), 3);
    assert!(link.queued_bytes() <= TURN / CHUNK * (HEAD + CHUNK), "only what is being written");
}

/// Chunks are long where much has gone fast, and what is read of them to its place is whole.
#[tokio::test]
async fn long_chunks_arrive_whole_and_let_small_packets_pass() {
    for framing in Framing::ALL {
        let ([near, far], [_, mut heard]) = pair(*framing, 1 << 20).await;
        let payload: String = (0..2_000_000).map(|at| char::from(b'a' + (at % 25) as u8)).collect();
        let encoded = aemp_transport::Encoded::from_message(*framing, &payload).expect("encodable");
        for number in 0..5 {
            near.send("large", &payload).expect("sent");
            near.send("small", &number).expect("sent");
            let mut arrived = Vec::new();
            while !arrived.contains(&format!("large {}", encoded.bytes_len())) || arrived.len() < 2
            {
                arrived.push(heard.recv().await.expect("the link is up"));
            }
            assert_eq!(arrived.len(), 2, "{arrived:?}");
        }
        assert_eq!((near.close_reason(), far.close_reason()), (None, None));
    }
}
