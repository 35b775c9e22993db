#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    #[rcv(local)]
    fn enter(&mut self, nick: &str) {}
}

fn main() {
    let room = RoomRef::from(PortId::from("alpha#1"));
    let _ = room.enter("joe");
}
