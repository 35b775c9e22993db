#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Session;

#[rcv]
impl Session {}

#[init("session")]
fn session() -> Session {
    Session
}

fn main() {
    let _ = session.name();
}
