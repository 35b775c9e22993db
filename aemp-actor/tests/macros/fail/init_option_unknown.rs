#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Session;

#[rcv]
impl Session {}

#[init("Chat::session", port = Session)]
fn session() -> Session {
    Session
}

fn main() {}
