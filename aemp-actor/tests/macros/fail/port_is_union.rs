#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
union Room {
    size: u8,
}

fn main() {}
