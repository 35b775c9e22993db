#![allow(unused)]

use std::rc::Rc;

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    #[rcv(local)]
    fn say(&mut self, text: Rc<u8>) {}
}

fn main() {}
