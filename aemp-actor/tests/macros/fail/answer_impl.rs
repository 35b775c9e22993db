#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn names(&self) -> impl Iterator<Item = String> {
        std::iter::empty()
    }
}

fn main() {
    let room = RoomRef::from(PortId::from("alpha#1"));
    let _ = room.names();
}
