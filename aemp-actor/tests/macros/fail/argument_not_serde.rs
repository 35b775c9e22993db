#![allow(unused)]

use aemp_actor::prelude::*;

struct Since;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn enter(&mut self, count: u32, since: Since) {}
}

fn main() {
    let room = RoomRef::from(PortId::from("alpha#1"));
    room.enter(1, Since);
}
