#![allow(unused)]

use aemp_actor::prelude::*;

#[protocol]
trait Screen {
    #[rcv(default)]
    fn show(&self, msg: Message);
    fn width(&self) -> u32;
}

fn main() {}
