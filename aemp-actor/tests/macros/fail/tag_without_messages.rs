#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    #[rcv(skip, tag = "help")]
    fn helper(&mut self) {}
}

fn main() {}
