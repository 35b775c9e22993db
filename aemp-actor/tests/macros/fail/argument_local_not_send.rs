#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    #[rcv(local)]
    fn enter(&mut self, nick: std::rc::Rc<str>) {}
}

fn main() {}
