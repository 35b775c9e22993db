#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn sit(&mut self, chair: u32) {}
}

fn main() {
    let room = RoomRef::from(PortId::from("alpha#1"));
    room.sit("chair");
}
