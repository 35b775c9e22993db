#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    #[cfg_attr(all(), rcv(skip))]
    fn enter(&mut self) {}
}

fn main() {}
