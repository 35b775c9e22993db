#![allow(unused)]

use aemp_actor::prelude::*;

struct Since;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn since(&self) -> Since {
        Since
    }
}

fn main() {}
