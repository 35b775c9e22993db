#![allow(unused)]

use aemp_actor::prelude::*;

#[protocol]
trait Screen {
    fn show(&self, text: String);
    fn width(&self) -> u32;
}

#[derive(Port)]
#[port(protocols(Screen))]
struct Terminal;

#[rcv]
impl Terminal {}

#[rcv]
impl Screen for Terminal {
    fn show(&mut self, text: String) {}
}

fn main() {}
