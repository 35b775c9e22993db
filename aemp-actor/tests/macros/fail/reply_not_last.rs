#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn ask(&mut self, reply: Reply<u8>, text: String) {}
}

fn main() {}
