#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn enter(&mut self, nick: String, ctx: &mut Ctx<Self>) {}
}

fn main() {}
