#![allow(unused)]

use aemp_actor::prelude::*;

#[protocol]
trait Screen {
    fn show(&self, text: String);
    async fn width(&self) -> u32;
}

fn main() {}
