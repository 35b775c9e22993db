#![allow(unused)]

use aemp_actor::prelude::*;
use aemp_actor::Ctx as Context;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn enter(&mut self, ctx: &mut Context<Self>) {}
}

fn main() {}
