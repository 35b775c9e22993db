#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn enter(&mut self, nick: &str) {}

    fn leave(self) {}

    fn name(&self) -> &str {
        "room"
    }
}

fn main() {
    let room = RoomRef::from(PortId::from("alpha#1"));
    room.enter("joe");
    room.leave();
    let _ = room.name();
}
