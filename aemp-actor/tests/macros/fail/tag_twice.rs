#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn enter(&mut self) {}

    #[rcv(tag = "enter")]
    fn come_in(&mut self) {}
}

fn main() {
    let room = RoomRef::from(PortId::from("alpha#1"));
    room.enter();
    room.come_in();
}
