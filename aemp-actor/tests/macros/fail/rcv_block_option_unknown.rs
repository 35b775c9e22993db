#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv(name = Door)]
impl Room {
    fn enter(&mut self) {}
}

fn main() {
    RoomRef::from(PortId::from("alpha#1")).enter();
}
