#![allow(unused)]

use aemp_actor::prelude::*;

#[protocol]
trait Screen {
    fn show(&self);
}

#[derive(Port)]
#[port(protocols(Screen))]
struct Room;

#[rcv]
impl Room {
    fn screen(&self) -> bool {
        true
    }
}

#[rcv]
impl Screen for Room {
    fn show(&mut self) {}
}

fn main() {}
