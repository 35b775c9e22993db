#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn name(&self) -> impl Future<Output = String> {
        async { "room".to_owned() }
    }
}

fn main() {
    let room = RoomRef::from(PortId::from("alpha#1"));
    let _ = room.name();
}
