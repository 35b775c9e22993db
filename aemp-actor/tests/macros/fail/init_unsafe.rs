#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Session;

#[rcv]
impl Session {}

#[init("Chat::session")]
unsafe fn session() -> Session {
    Session
}

fn main() {
    let _ = session.name();
}
