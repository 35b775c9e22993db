#![allow(unused)]

use aemp_actor::prelude::*;

struct Room;

#[rcv]
impl Default for Room {
    fn default() -> Self {
        Room
    }
}

fn main() {}
