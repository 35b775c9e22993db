#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn enter(&mut self, #[cfg(all())] number: u8) {}
}

fn main() {}
