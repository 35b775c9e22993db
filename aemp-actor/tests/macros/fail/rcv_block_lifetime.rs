#![allow(unused)]

use aemp_actor::prelude::*;

struct Room<'a>(&'a str);

#[rcv]
impl<'a> Room<'a> {}

fn main() {}
