#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn enter(&mut self, rest: Rest, nick: String) {}
}

fn main() {}
