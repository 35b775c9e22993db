#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn sit(&mut self, name: Option<String>, guests: Vec<RoomRef>) {}
}

fn main() {
    let room = RoomRef::from(PortId::from("alpha#1"));
    room.sit("joe", vec![&room]);
    room.sit(Some("joe"), &room);
    room.sit(Some(()), vec![&room]);
}
