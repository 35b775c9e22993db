#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room<'a> {
    name: &'a str,
}

fn main() {}
