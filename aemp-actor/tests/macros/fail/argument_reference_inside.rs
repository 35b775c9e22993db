#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn enter(&mut self, nicks: Vec<&str>) {}
}

fn main() {
    let room = RoomRef::from(PortId::from("alpha#1"));
    room.enter(vec!["joe"]);
}
