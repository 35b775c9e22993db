#![allow(unused)]

use aemp_actor::prelude::*;

struct Room;

#[rcv]
impl Room {
    fn enter(&mut self) {}
}

fn main() {}
