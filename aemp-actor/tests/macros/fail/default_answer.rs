#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    #[rcv(default)]
    fn other(&mut self, msg: Message) -> u8 {
        0
    }
}

fn main() {}
