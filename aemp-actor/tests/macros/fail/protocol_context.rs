#![allow(unused)]

use aemp_actor::prelude::*;

#[protocol]
trait Screen {
    fn show(&self, ctx: &mut Ctx<Self>, text: String);
    fn width(&self) -> u32;
}

fn main() {}
