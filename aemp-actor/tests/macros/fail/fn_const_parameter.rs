#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn enter<const N: usize>(&mut self, code: [u8; N]) {}
}

fn main() {
    let room = RoomRef::from(PortId::from("alpha#1"));
    room.enter([1, 2]);
}
