#![allow(unused)]

use aemp_actor::prelude::*;

#[protocol]
trait Screen {
    const N: u8;
    fn show(&self, text: String);
    fn width(&self) -> u32;
}

fn main() {}
