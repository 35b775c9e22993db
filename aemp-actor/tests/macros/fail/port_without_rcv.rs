#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

fn main() {}
