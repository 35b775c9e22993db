#![allow(unused)]

use aemp_actor::prelude::*;

async fn later() {}

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    async fn enter(&mut self) {
        let nick = std::rc::Rc::new(0);
        later().await;
        drop(nick);
    }
}

fn main() {
    let room = RoomRef::from(PortId::from("alpha#1"));
    room.enter();
}
