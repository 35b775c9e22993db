#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn ask(&mut self, reply: Reply<u8>) {
        reply.answer(1);
        reply.answer(2);
    }
}

fn main() {}
