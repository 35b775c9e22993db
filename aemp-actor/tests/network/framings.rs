//! Nodes that speak each framing, and large packets that let small ones pass.

use crate::support::{Net, RawPeer, death, sink, soon, tcp_node};
use aemp_actor::Framing;
use aemp_actor::prelude::*;
use bytes::Bytes;

const FRAMINGS: [Framing; 3] = [Framing::Bincode, Framing::Json, Framing::Cbor];

/// Keeps what it is given.
#[derive(Default, Port)]
struct Store {
    bytes: Vec<u8>,
}

#[rcv]
impl Store {
    fn put(&mut self, bytes: Vec<u8>, more: Bytes) -> usize {
        self.bytes = bytes;
        self.bytes.extend_from_slice(&more);
        self.bytes.len()
    }

    fn bytes(&self) -> Bytes {
        self.bytes.clone().into()
    }

    fn sum(&self, numbers: Vec<u32>, name: Option<String>) -> String {
        format!("{} {}", name.unwrap_or_default(), numbers.iter().sum::<u32>())
    }
}

#[init("Framings::store")]
fn make_store() -> Store {
    Store::default()
}

/// Two connected nodes in memory, and how each of them writes.
async fn pair(one: &[Framing], two: &[Framing]) -> (Node, Node) {
    let net = Net::memory();
    let one = Node::configure(net.config("one").framings(one.to_vec())).await.unwrap();
    let two = net.config("two").framings(two.to_vec()).seed("mem:one");
    let two = Node::configure(two).await.unwrap();
    soon("the nodes to connect", one.wait_up("two")).await;
    soon("the nodes to connect", two.wait_up("one")).await;
    (one, two)
}

async fn works(one: &Node, two: &Node) {
    let store = StoreRef::at(one, two.port(Store::default()));
    let bytes: Vec<u8> = (0..=255).collect();
    let put = store.put(bytes.clone(), bytes.clone()).await.unwrap();
    assert_eq!(put, 512);
    assert_eq!(store.bytes().await.unwrap(), [bytes.clone(), bytes].concat());
    // Loosely typed, and numbers that are all small.
    let (sum,): (String,) = one.cal(&store, ("sum", vec![1_u8, 2], 7)).await.unwrap();
    assert_eq!(sum, "7 3");
    let (sum,): (String,) = one.cal(&store, ("sum", ["1", "300"])).await.unwrap();
    assert_eq!(sum, " 301");
    let spawned = one.spawn("two", "Framings::store", ());
    let died = death(one, &spawned);
    let (len,): (usize,) = one.cal(&spawned, ("put", "ab", "c")).await.unwrap();
    assert_eq!(len, 3);
    one.kil(&spawned, ("enough", 7, "é"));
    assert_eq!(died.text().await, "enough: 7 é");
}

#[tokio::test]
async fn each_framing_and_each_pair_of_them() {
    for framing in FRAMINGS {
        let (one, two) = pair(&[framing], &[framing]).await;
        works(&one, &two).await;
        works(&two, &one).await;
        let (one, two) = pair(&[framing], &FRAMINGS).await;
        works(&one, &two).await;
        works(&two, &one).await;
    }
    let (one, two) =
        pair(&[Framing::Cbor, Framing::Bincode], &[Framing::Bincode, Framing::Cbor]).await;
    works(&one, &two).await;
    works(&two, &one).await;
}

#[tokio::test]
async fn no_framing_in_common() {
    let net = Net::memory();
    let _one = Node::configure(net.config("one").framings([Framing::Json])).await.unwrap();
    let two = net.config("two").framings([Framing::Bincode, Framing::Cbor]);
    let two = Node::configure(two.node("one", "mem:one")).await.unwrap();
    let reason = death(&two, "one").reason().await;
    assert_eq!(reason.kind(), "auth_error");
    let text = reason.text();
    assert!(text.contains("no common framing") && text.contains("(framings)"), "{text}");
}

/// What is sent before the connection is made is written as if it had been sent after.
#[tokio::test]
async fn what_waits_for_a_connection_loses_nothing() {
    for framing in FRAMINGS {
        let net = Net::memory();
        let one = Node::configure(net.config("one").node("two", "mem:two")).await.unwrap();
        let heard = [0, 1].map(|_| std::sync::Arc::new(std::sync::Mutex::new(Vec::new())));
        let message = ("m", Bytes::from_static(b"\x00\xff"), vec![1_u8, 2], f64::NAN, u64::MAX);
        let two = Node::configure(net.config("two").framings([framing])).await.unwrap();
        for heard in &heard {
            let own = heard.clone();
            let port = two.port_fn(move |_, msg| own.lock().unwrap().push(msg.to_string()));
            let port = port.id();
            // The first waits, the second does not.
            one.snd(&port, &message);
            let (_,): (f64,) = one.cal("two", ("time",)).await.unwrap();
        }
        crate::support::until("both", || {
            heard.iter().all(|heard| heard.lock().unwrap().len() == 1)
        })
        .await;
        let [first, second] = heard.map(|heard| heard.lock().unwrap().remove(0));
        assert_eq!(first, second, "{framing}");
    }
}

/// A node that writes CBOR as Perl does: every string is bytes.
#[tokio::test]
async fn strings_may_be_bytes() {
    let node = tcp_node("alpha").await;
    let port = sink(&node);
    let mut peer = RawPeer::connect(&node).await;
    peer.send("aemp;1;perl;hmac_md6_64_256;json\nx\ncleartext;67656865696d;cbor\n").await;
    let string = |text: &str| {
        let head = if text.len() < 24 {
            vec![0x40 | text.len() as u8]
        } else {
            vec![0x58, text.len() as u8]
        };
        [head, text.as_bytes().to_vec()].concat()
    };
    let packet = |parts: &[&str]| {
        let strings = parts.iter().map(|part| string(part)).collect::<Vec<_>>().concat();
        [vec![0x80 | parts.len() as u8], strings].concat()
    };
    for _ in 0..3 {
        peer.line().await;
    }
    peer.send_bytes(&packet(&["", "mon1", port.id.port()])).await;
    peer.send_bytes(&packet(&["", "mon1", "nobody"])).await;
    assert_eq!(peer.next().await[1], "kil0");
    peer.send_bytes(&packet(&["", "snd", "perl#p", "through the node port"])).await;
    assert_eq!(peer.next().await, serde_json::json!(["p", "through the node port"]));
    peer.send_bytes(&packet(&["", "AnyEvent::MP::_spawn", "q.1", "Framings::store"])).await;
    peer.send_bytes(&packet(&["q.1", "put", "abc", "", "perl#q"])).await;
    assert_eq!(peer.next().await, serde_json::json!(["q", 3]));
    peer.send_bytes(&packet(&["", "kil", port.id.port(), "over", "and out"])).await;
    let killed = serde_json::json!(["", "kil0", port.id.port(), "over", "and out"]);
    assert_eq!(peer.next().await, killed);
}

#[tokio::test]
async fn large_messages_let_small_ones_pass() {
    let (one, two) = pair(&FRAMINGS, &FRAMINGS).await;
    let (tell, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let listener = |name: &'static str| {
        let tell = tell.clone();
        let port = two.port_fn(move |_, msg| drop(tell.send(format!("{name} {}", msg.tag()))));
        port.id()
    };
    let (a, b) = (listener("a"), listener("b"));
    let large = Bytes::from(vec![7; 10 << 20]);
    one.snd(&a, ("large", &large));
    one.snd(&a, ("behind",));
    one.snd(&b, ("passes",));
    one.kil(&a, ());
    for expected in ["b passes", "a large", "a behind"] {
        assert_eq!(soon("a message", heard.recv()).await.as_deref(), Some(expected));
    }
}

/// Guarantee 5, though the words are large and the news is small.
#[tokio::test]
async fn large_words_come_before_the_news_of_death() {
    let (one, two) = pair(&FRAMINGS, &FRAMINGS).await;
    let (tell, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let listener = two.port_fn(move |ctx, msg| {
        let told = tell.clone();
        if msg.tag() == "watch" {
            ctx.mon(msg.arg::<PortId>(0).unwrap(), move |_, _, reason| {
                drop(told.send(format!("died: {reason}")));
            });
        }
        drop(tell.send(msg.tag().to_owned()));
    });
    let listener = listener.id();
    let to = listener.clone();
    let speaker = one.port_fn(move |ctx, msg| {
        ctx.snd(&to, ("large", Bytes::from(vec![7; 5 << 20])));
        ctx.snd(&to, (msg.tag(),));
        ctx.kil(ctx.id(), "spoken");
    });
    let speaker = speaker.id();
    two.snd(&listener, ("watch", &speaker));
    assert_eq!(soon("the watch", heard.recv()).await.as_deref(), Some("watch"));
    two.snd(&speaker, ("last",));
    for expected in ["large", "last", "died: spoken"] {
        assert_eq!(soon("a word", heard.recv()).await.as_deref(), Some(expected));
    }
}
