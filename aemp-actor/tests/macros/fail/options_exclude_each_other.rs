#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    #[rcv(local, default)]
    fn other(&mut self, msg: Message) {}
}

fn main() {}
