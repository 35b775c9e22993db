#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
#[port(name = Door)]
struct Room;

#[rcv]
impl Room {
    fn enter(&mut self) {}
}

fn main() {
    RoomRef::from(PortId::from("alpha#1")).enter();
}
