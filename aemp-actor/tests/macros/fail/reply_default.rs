#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    #[rcv(default)]
    fn other(&mut self, msg: Message, reply: Reply<u8>) {}
}

fn main() {}
