//! A handle clones, compares, orders, hashes, prints and travels as the ID of its port.

use std::collections::{BTreeSet, HashSet};

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {}

pub(crate) fn main() {
    let id = PortId::from("alpha#1");
    let room = RoomRef::from(&id);
    assert_eq!(room, room.clone());
    assert_eq!(room.to_string(), "alpha#1");
    assert!(format!("{room:?}").contains("alpha#1"));
    assert_eq!(PortId::from(&room), id);
    assert_eq!(PortId::from(room.clone()), id);
    assert_eq!(RoomRef::from(aemp_actor::Ref::from(id.clone())), room);
    assert_eq!(PortId::from(AsRef::<aemp_actor::Ref<Room>>::as_ref(&room)), id);

    let other = RoomRef::from(PortId::from("beta#1"));
    assert_ne!(room, other);
    assert_eq!(room.cmp(&other), id.cmp(&PortId::from("beta#1")));
    assert_eq!(HashSet::from([room.clone(), room.clone(), other.clone()]).len(), 2);
    assert_eq!(BTreeSet::from([room.clone(), room.clone(), other]).len(), 2);

    let text = serde_json::to_string(&room).unwrap();
    assert_eq!(text, r#""alpha#1""#);
    assert_eq!(serde_json::from_str::<RoomRef>(&text).unwrap(), room);

    fn shared<T: Send + Sync + Unpin + 'static>() {}
    shared::<RoomRef>();
}
