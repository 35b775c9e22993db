//! A typed handle is plain data: the ID of its port, with the methods of its messages.
#![expect(clippy::mutable_key_type, reason = "what compares and hashes of a handle never changes")]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use aemp_actor::PortRef;
use aemp_actor::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A set of anything, with parameters as a port of one's own may have them.
#[derive(Port)]
struct Shelf<T: Ord, const N: usize> {
    items: BTreeMap<T, u32>,
}

#[rcv]
impl<T, const N: usize> Shelf<T, N>
where
    T: Clone + DeserializeOwned + Ord + Send + Serialize + 'static,
{
    fn put(&mut self, item: T) -> Option<T> {
        *self.items.entry(item).or_default() += 1;
        if self.items.len() > N { self.items.pop_first().map(|(item, _)| item) } else { None }
    }

    fn items(&self) -> BTreeMap<T, u32> {
        self.items.clone()
    }
}

#[derive(Default, Port)]
struct Room {
    friends: Vec<RoomRef>,
    said: Vec<String>,
}

#[rcv]
impl Room {
    fn say(&mut self, text: String) {
        self.said.push(text);
    }

    fn said(&self) -> Vec<String> {
        self.said.clone()
    }

    fn befriend(&mut self, friends: Vec<RoomRef>) {
        self.friends = friends;
    }

    fn befriend_by_id(&mut self, friend: PortId) {
        self.friends.push(RoomRef::from(friend));
    }

    fn shout(&self, text: String) -> usize {
        self.friends.iter().for_each(|friend| friend.say(&text));
        self.friends.len()
    }

    fn friends(&self) -> HashSet<RoomRef> {
        self.friends.iter().cloned().collect()
    }
}

#[tokio::test]
async fn it_is_the_id_of_its_port() {
    let node = Node::local();
    let (one, two) = (node.port(Room::default()), node.port(Room::default()));
    let id = one.id();
    let by_id = RoomRef::from(&id);
    assert_eq!(one, one.clone());
    assert_eq!(one, by_id);
    assert_eq!(by_id, one);
    assert_ne!(one, two);
    assert_ne!(by_id, two);
    assert_eq!((one.to_string(), by_id.to_string()), (id.to_string(), id.to_string()));
    assert!(format!("{one:?}").contains(&id.to_string()));
    assert_eq!(PortId::from(&one), id);
    let state = RandomState::new();
    assert_eq!(state.hash_one(&one), state.hash_one(&by_id));
    assert_eq!(one.cmp(&two), one.id().cmp(&two.id()));
    let set = BTreeSet::from([one.clone(), by_id.clone(), two.clone(), one.clone()]);
    assert_eq!(set.len(), 2);
    let table = HashMap::from([(one.clone(), 1), (by_id.clone(), 2), (two, 3)]);
    assert_eq!((table.len(), table[&one]), (2, 2));
    one.kil(());
    assert_eq!(one, by_id, "a dead port keeps its ID");
}

#[tokio::test]
async fn it_travels_as_text() {
    let node = Node::local();
    let room = node.port(Room::default());
    let text = serde_json::to_string(&room).unwrap();
    assert_eq!(text, format!("\"{}\"", room.id()));
    let back: RoomRef = serde_json::from_str(&text).unwrap();
    assert_eq!(back, room);
    back.say("through the text");
    assert_eq!(room.said().await.unwrap(), ["through the text"]);
    assert!(serde_json::from_str::<RoomRef>("\"no id at all\"").is_err());
    assert!(serde_json::from_str::<RoomRef>("17").is_err());
}

#[tokio::test]
async fn it_sends_from_wherever_it_was_made() {
    let node = Node::local();
    let (one, two) = (node.port(Room::default()), node.port(Room::default()));
    RoomRef::from(one.id()).say("outside any port");
    RoomRef::at(&node, one.id()).say("from a node");
    two.befriend(vec![one.clone(), RoomRef::from(one.id())]);
    assert_eq!(two.shout("typed").await, Ok(2));
    node.snd(&two, ("befriend", [&one]));
    node.snd(&two, ("befriend_by_id", one.id()));
    assert_eq!(two.shout("untyped").await, Ok(2));
    let expected = ["outside any port", "from a node", "typed", "typed", "untyped", "untyped"]
        .map(String::from);
    assert_eq!(one.said().await.unwrap(), expected);
    assert_eq!(two.friends().await.unwrap(), HashSet::from([one]));
}

#[tokio::test]
async fn requests_go_through_handles_by_id() {
    let node = Node::local();
    let room = node.port(Room::default());
    let by_id = RoomRef::from(room.id());
    by_id.say("a");
    assert_eq!(by_id.said().await.unwrap(), ["a"]);
    by_id.snd(("say", "b"));
    assert_eq!(room.said().await.unwrap(), ["a", "b"]);
    by_id.kil(("gone", "away"));
    let Err(CallError::Died { reason, target }) = room.said().await else { panic!("it lives") };
    assert_eq!((reason.to_string().as_str(), target), ("gone: away", room.id()));
    let Err(CallError::Died { reason, .. }) = by_id.said().await else { panic!("it lives") };
    assert_eq!(reason.kind(), "no_such_port");
}

#[tokio::test]
async fn parameters_of_the_port_are_those_of_the_handle() {
    let node = Node::local();
    let shelf: ShelfRef<String, 2> = node.port(Shelf { items: BTreeMap::new() });
    assert_eq!(shelf.put("c".to_owned()).await, Ok(None));
    assert_eq!(shelf.put("b".to_owned()).await, Ok(None));
    assert_eq!(shelf.put("a".to_owned()).await, Ok(Some("a".to_owned())));
    let items: (BTreeMap<String, u32>,) = node.cal(&shelf, ("items",)).await.unwrap();
    assert_eq!(items.0.into_keys().collect::<Vec<_>>(), ["b", "c"]);

    let pairs: ShelfRef<(u8, Option<bool>), 9> = node.port(Shelf { items: BTreeMap::new() });
    drop(pairs.put((1, None)));
    drop(node.cal::<()>(&pairs, ("put", (2, true))));
    let expected = BTreeMap::from([((1, None), 1), ((2, Some(true)), 1)]);
    assert_eq!(pairs.items().await.unwrap(), expected);
}

#[tokio::test]
async fn it_does_not_keep_the_port_alive() {
    let node = Node::local();
    let room = node.port(Room::default());
    let (clone, by_id) = (room.clone(), RoomRef::from(room.id()));
    room.kil(());
    assert!(room.peval(|_, _| Ok(())).await.is_err());
    assert_eq!(node.port_count(), 0);
    clone.say("to nobody");
    by_id.say("to nobody");
    let room = node.port(Room::default());
    let id = room.id();
    drop(room);
    RoomRef::from(id).said().await.expect("nor does dropping it end the port");
}
