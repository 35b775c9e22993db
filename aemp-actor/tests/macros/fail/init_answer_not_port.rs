#![allow(unused)]

use aemp_actor::prelude::*;

#[init("Chat::session")]
fn session() -> String {
    String::new()
}

fn main() {}
