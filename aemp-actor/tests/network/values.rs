//! A value arrives as it was sent: through a typed handle or as a message, on the same node or another,
//! whatever the framing.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::marker::PhantomData;
use std::ops::Bound;
use std::time::Duration;

use crate::support::{Net, soon};
use aemp_actor::prelude::*;
use aemp_actor::{CallError, Framing, Value};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Gives back what it is given.
#[derive(Port)]
struct Mirror<T> {
    of: PhantomData<fn() -> T>,
}

#[rcv]
impl<T: DeserializeOwned + Send + Serialize + 'static> Mirror<T> {
    fn back(&self, value: T) -> T {
        value
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
struct Point {
    x: i8,
    y: Option<u8>,
}

#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
struct Wrapped<T>(T);

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Unit;

#[derive(Clone, Debug, Deserialize, Serialize)]
struct NoField {}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct NoPart();

/// In every way that serde has without an attribute.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
enum Plain<T> {
    Unit,
    Some(T),
    Pair(T, u8),
    Named {
        what: T,
    },
    #[serde(rename = "{}")]
    Braces,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "kind")]
enum Tagged {
    Unit,
    Named { number: i64, real: f64, texts: BTreeMap<String, Point> },
    Newtype(Point),
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "kind", content = "content")]
enum Adjacent<T> {
    Unit,
    Newtype(T),
    Pair(T, T),
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Untagged {
    Unit,
    Truth(bool),
    Number(i64),
    Real(f64),
    Text(String),
    List(Vec<u16>),
    Pair(u8, String),
    Named { what: Option<u8> },
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Chain(Option<Box<Chain>>);

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Tree {
    value: Option<Option<u8>>,
    left: Option<Box<Tree>>,
    right: Option<Option<Box<Tree>>>,
}

/// A node with a connection to another for each framing.
struct Nodes {
    here: Node,
    there: Vec<(Framing, Node)>,
}

impl Nodes {
    async fn new() -> Self {
        let net = Net::memory();
        let here = Node::configure(net.config("here")).await.unwrap();
        let mut there = Vec::new();
        for framing in [Framing::Bincode, Framing::Json, Framing::Cbor] {
            let id = format!("there-{framing}");
            let config = net.config(&id).framings([framing]).seed("mem:here");
            let node = Node::configure(config).await.unwrap();
            soon("the nodes to connect", here.wait_up(&*id)).await;
            there.push((framing, node));
        }
        Self { here, there }
    }

    /// Sends each value there and back in all ways.
    async fn agree<T, const N: usize>(&self, values: [T; N])
    where
        T: Clone + Debug + DeserializeOwned + Send + Serialize + 'static,
    {
        let local = self.here.port(Mirror { of: PhantomData });
        let far = Vec::from_iter(self.there.iter().map(|(framing, node)| {
            let far: MirrorRef<T> = node.port(Mirror { of: PhantomData });
            (framing, MirrorRef::at(&self.here, far.id()))
        }));
        for value in values {
            // Not compared as values: a NaN is not itself, and a negative zero another's.
            let sent = format!("{value:?}");
            let back = format!("{:?}", local.back(value.clone()).await.unwrap());
            assert_eq!(back, sent, "by a handle, here");
            let message = ("back", &value);
            let (back,): (T,) = self.here.cal(&local, message).await.unwrap();
            assert_eq!(format!("{back:?}"), sent, "as a message, here");
            for (framing, far) in &far {
                let back = far.back(value.clone()).await;
                let back = back.unwrap_or_else(|error| panic!("{sent} in {framing}: {error}"));
                assert_eq!(format!("{back:?}"), sent, "by a handle, in {framing}");
                let (back,): (T,) = self.here.cal(far, message).await.unwrap();
                assert_eq!(format!("{back:?}"), sent, "as a message, in {framing}");
            }
        }
    }
}

fn map<K: Ord, const N: usize>(keys: [K; N]) -> [BTreeMap<K, usize>; 1] {
    [keys.into_iter().enumerate().map(|(index, key)| (key, index)).collect()]
}

#[tokio::test]
async fn scalars() {
    let nodes = Nodes::new().await;
    nodes.agree([0, 5, u128::MAX, u64::MAX.into(), u128::from(u64::MAX) + 1]).await;
    nodes.agree([i128::MIN, -1, i64::MIN.into(), i128::from(i64::MIN) - 1]).await;
    nodes.agree([u64::MAX, 0]).await;
    nodes.agree([i64::MIN, i64::MAX]).await;
    nodes.agree([f64::NAN, f64::INFINITY, -f64::INFINITY, -0.0, 0.1, 1.0, 1e300, 5e-324]).await;
    nodes.agree([f32::NAN, 0.1, f32::MIN_POSITIVE, -0.0, 3.0]).await;
    nodes.agree([true, false]).await;
    nodes.agree(['a', '\0', '"', '\u{e9}', '\u{1d11e}', '7']).await;
    let texts = ["", "null", "5", "{\"Some\":null}", "\u{0}\u{ff}\u{100}\\\""];
    nodes.agree(texts.map(str::to_owned)).await;
    nodes.agree([Bytes::new(), (0..=255).collect()]).await;
    nodes.agree([(0..=255).collect::<Vec<u8>>(), vec![]]).await;
    nodes.agree([[0, 255_u8]]).await;
    nodes.agree([[0_u8; 0]]).await;
    nodes.agree([(), ()]).await;
    nodes.agree([((), (1, ()))]).await;
    nodes.agree([Unit]).await;
    nodes.agree([NoField {}]).await;
    nodes.agree([NoPart()]).await;
    nodes.agree([Wrapped(Wrapped(7))]).await;
    nodes.agree([(Duration::MAX, Duration::from_nanos(1))]).await;
    nodes
        .agree(["127.0.0.1:80", "[::1]:80"].map(|a| a.parse::<std::net::SocketAddr>().unwrap()))
        .await;
    nodes
        .agree([(Bound::Included(1), Bound::Unbounded), (Bound::Excluded(1), Bound::Included(2))])
        .await;
}

#[tokio::test]
async fn keys_of_maps() {
    let nodes = Nodes::new().await;
    nodes.agree([HashMap::from([((1_u32, 2_u32), "a".to_owned())])]).await;
    nodes.agree(map([(1, "a\"".to_owned()), (2, "\u{e9}".to_owned())])).await;
    nodes.agree(map([Point { x: -1, y: None }, Point { x: 2, y: Some(3) }])).await;
    nodes
        .agree(map([Plain::Unit, Plain::Some(1), Plain::Pair(2, 3), Plain::Named { what: 4 }]))
        .await;
    nodes.agree(map([Plain::Braces, Plain::Some(1), Plain::Some(2)])).await;
    nodes.agree(map([None, Some(5)])).await;
    nodes.agree(map([None, Some(None), Some(Some(5))])).await;
    let texts = ["null", "5", "\"", "a", "[1]", "{\"Some\":null}"].map(str::to_owned);
    nodes.agree(map(texts.clone())).await;
    nodes.agree(map([(); 1])).await;
    let [one, ..] = texts.clone();
    nodes.agree(map([None, Some(one)])).await;
    nodes.agree(map(texts.map(Some))).await;
    nodes.agree(map([vec![], vec![1_u8, 255], vec![b'a']])).await;
    nodes.agree(map([[1_u8, 2], [3, 4]])).await;
    nodes
        .agree(map([Bytes::new(), Bytes::from_static(b"[1]"), Bytes::from_static(b"\xff\"")]))
        .await;
    nodes.agree(map([true, false])).await;
    nodes.agree(map(['a', '1', '"'])).await;
    nodes.agree(map([i8::MIN, 0, 1])).await;
    nodes.agree(map([i128::MIN, i128::MAX])).await;
    nodes.agree(map([u128::MAX])).await;
    nodes.agree(map([(u128::MAX, Some(Bytes::from_static(b"\xff")))])).await;
    nodes.agree(map([Wrapped((1, 2)), Wrapped((3, 4))])).await;
    nodes.agree(map([Wrapped(true)])).await;
    nodes.agree(map(map([(1, 2), (3, 4)]))).await;
    nodes.agree(map([PortId::from("here#1"), PortId::from("here")])).await;
    nodes.agree(map([Duration::from_nanos(1)])).await;
}

#[tokio::test]
async fn options_in_options() {
    let nodes = Nodes::new().await;
    nodes.agree([None, Some(None), Some(Some(5))]).await;
    nodes.agree([None, Some(None), Some(Some(None)), Some(Some(Some("a".to_owned())))]).await;
    nodes.agree([None, Some(())]).await;
    nodes.agree([None, Some(None), Some(Some(()))]).await;
    nodes.agree([None, Some(Unit)]).await;
    nodes.agree([None, Some(Wrapped(None)), Some(Wrapped(Some(true)))]).await;
    nodes.agree([vec![None, Some(()), None], vec![], vec![Some(())]]).await;
    nodes.agree([vec![Some(None), Some(Some(1_u8)), None], vec![Some(Some(1))]]).await;
    nodes.agree([None, Some(None), Some(Some(vec![1_u8, 255])), Some(Some(vec![]))]).await;
    nodes.agree([None, Some(None), Some(Some(Bytes::from_static(b"\xff")))]).await;
    nodes.agree([Some(Some(vec![(1, None), (2, Some(3))]))]).await;
    nodes.agree([None, Some(None), Some(Some(Point { x: 1, y: None }))]).await;
    nodes.agree([Some(Some(f64::NAN)), Some(None)]).await;
    nodes.agree([Some(Some(u128::MAX)), Some(None)]).await;
    let [points] = map([(1, 2)]);
    nodes.agree([None, Some(None), Some(Some(points))]).await;
    nodes
        .agree([
            None,
            Some(BTreeMap::from([("Some".to_owned(), None)])),
            Some(BTreeMap::from([("Some".to_owned(), Some(1))])),
        ])
        .await;
    nodes.agree([Some(Some(BTreeMap::from([("Some".to_owned(), 1), ("b".to_owned(), 2)])))]).await;
    nodes.agree([Some(Some(BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)])))]).await;
    nodes
        .agree([None, Some(Plain::Unit), Some(Plain::Some(())), Some(Plain::Named { what: () })])
        .await;
    nodes.agree([Some(None), Some(Some(Plain::Unit)), Some(Some(Plain::Pair((), 1)))]).await;
    nodes.agree([None, Some(Untagged::Unit), Some(Untagged::Named { what: None })]).await;
    nodes.agree([None, Some(Value::Null), Some(Value::List(vec![])), Some(Value::from(1))]).await;
    nodes
        .agree([None, Some(serde_json::Value::Null), Some(serde_json::json!({"a": [null]}))])
        .await;
    nodes.agree([Ok(()), Err(())]).await;
    nodes.agree([Ok(None), Ok(Some(())), Err(Some(None)), Err(Some(Some(1)))]).await;
    nodes.agree([Chain(None), Chain(Some(Box::new(Chain(Some(Box::new(Chain(None)))))))]).await;
    let leaf = Tree { value: Some(None), left: None, right: Some(None) };
    let tree =
        Tree { value: None, left: Some(leaf.clone().into()), right: Some(Some(leaf.into())) };
    nodes.agree([tree]).await;
}

#[tokio::test]
async fn enums() {
    let nodes = Nodes::new().await;
    let plain = |what: Option<u8>| {
        [Plain::Unit, Plain::Some(what), Plain::Pair(what, 1), Plain::Named { what }, Plain::Braces]
    };
    nodes.agree(plain(None)).await;
    nodes.agree(plain(Some(1))).await;
    let texts = BTreeMap::from([("5".to_owned(), Point { x: 5, y: None })]);
    let named = Tagged::Named { number: -5, real: 1.0, texts };
    nodes.agree([Tagged::Unit, named, Tagged::Newtype(Point { x: 1, y: None })]).await;
    nodes.agree([Adjacent::Unit, Adjacent::Newtype(()), Adjacent::Pair((), ())]).await;
    nodes.agree([Adjacent::Newtype(Some(1)), Adjacent::Pair(None, Some(2))]).await;
    nodes
        .agree([
            Untagged::Unit,
            Untagged::Truth(true),
            Untagged::Number(5),
            Untagged::Real(5.0),
            Untagged::Real(-0.0),
            Untagged::Text("5".to_owned()),
            Untagged::List(vec![1, 255]),
            Untagged::Pair(1, "a".to_owned()),
            Untagged::Named { what: Some(1) },
        ])
        .await;
}

/// Of what serde buffers before it decides only this arrives otherwise, and is no other value then.
#[tokio::test]
async fn what_is_buffered_is_an_error() {
    async fn refused<T>(nodes: &Nodes, value: T, framings: &[Framing])
    where
        T: Clone + Debug + DeserializeOwned + Send + Serialize + 'static,
    {
        for (framing, node) in &nodes.there {
            let far: MirrorRef<T> = node.port(Mirror { of: PhantomData });
            let sent = MirrorRef::at(&nodes.here, far.id()).back(value.clone()).await;
            if framings.contains(framing) {
                assert!(matches!(sent, Err(CallError::Refused { .. })), "{sent:?}");
            } else {
                assert_eq!(format!("{:?}", sent.unwrap()), format!("{value:?}"));
            }
        }
    }
    #[derive(Clone, Debug, Deserialize, Serialize)]
    #[serde(tag = "kind")]
    enum Buffered<T> {
        Named { value: T },
    }
    fn of<T>(value: T) -> Buffered<T> {
        Buffered::Named { value }
    }
    use Framing::{Bincode, Cbor, Json};
    let nodes = Nodes::new().await;
    let all = [Bincode, Cbor, Json];
    refused(&nodes, of(map([1])), &all).await;
    refused(&nodes, of(map([(1, 2)])), &all).await;
    refused(&nodes, of(u128::MAX), &all).await;
    refused(&nodes, of(Some(None::<u8>)), &all).await;
    refused(&nodes, of(Some(())), &all).await;
    refused(&nodes, of(f64::NAN), &[Json]).await;
    refused(&nodes, of(vec![1_u8]), &[Bincode, Cbor]).await;
}
