#![allow(unused)]

use aemp_actor::prelude::*;

#[protocol]
trait Screen {
    fn show(&self, text: String);
    fn width(&self) -> u32;
}

#[protocol]
trait Ruler {
    fn width(&self) -> u32;
}

#[derive(Port)]
#[port(protocols(Screen, Ruler))]
struct Terminal;

#[rcv]
impl Terminal {}

#[rcv]
impl Screen for Terminal {
    fn show(&mut self, text: String) {}
    fn width(&self) -> u32 {
        80
    }
}

#[rcv]
impl Ruler for Terminal {
    fn width(&self) -> u32 {
        80
    }
}

fn main() {}
