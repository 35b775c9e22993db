#![allow(unused)]

use aemp_actor::prelude::*;

#[init("Chat::session")]
struct Session;

fn main() {}
