#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn enter(&mut self) {}
}

#[rcv]
impl Room {
    fn leave(&mut self) {}
}

fn main() {}
