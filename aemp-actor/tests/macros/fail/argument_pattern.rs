#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn enter(&mut self, (x, y): (u8, u8)) {}
}

fn main() {
    let room = RoomRef::from(PortId::from("alpha#1"));
    room.enter((1, 2));
}
