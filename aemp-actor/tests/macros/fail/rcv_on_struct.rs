#![allow(unused)]

use aemp_actor::prelude::*;

#[rcv]
struct Room;

fn main() {}
