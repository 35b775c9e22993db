#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    #[rcv]
    fn enter(&mut self) {}
}

fn main() {
    let room = RoomRef::from(PortId::from("alpha#1"));
    room.enter();
}
