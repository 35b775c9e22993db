#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    #[rcv(tag = "come_in")]
    fn enter(nick: String) {}
}

fn main() {}
