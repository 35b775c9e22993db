#![allow(unused)]

use aemp_actor::prelude::*;

struct Text;

#[protocol]
trait Screen {
    fn show(&self, text: Text);
    fn width(&self) -> u32;
}

fn main() {}
