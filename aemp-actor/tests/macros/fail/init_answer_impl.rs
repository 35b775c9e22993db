#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Session;

#[rcv]
impl Session {}

#[init("Chat::session")]
fn session() -> impl Port {
    Session
}

fn main() {
    let _ = session.name();
}
