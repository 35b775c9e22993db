#![allow(unused)]

use aemp_actor::BadMessage;
use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv(strict)]
impl Room {
    fn enter(&mut self) {}

    #[rcv(bad_message)]
    fn bad(&mut self, bad: BadMessage) {}
}

fn main() {
    RoomRef::from(PortId::from("alpha#1")).enter();
}
