#![allow(unused)]

use aemp_actor::prelude::*;

struct Room;

impl Room {
    #[rcv(tag = "enter")]
    fn come_in(&mut self) {}
}

fn main() {}
