#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn enter(&mut self, ctx: &mut Ctx<Self>) {
        ctx.rcv("say", |_, (_,): (String,)| {});
    }
}

fn main() {}
