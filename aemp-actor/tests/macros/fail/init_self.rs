#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Session;

#[rcv]
impl Session {}

#[init("Chat::session")]
fn session(self) -> Session {
    Session
}

fn main() {}
