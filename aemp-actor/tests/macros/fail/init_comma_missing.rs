#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Session;

#[rcv]
impl Session {}

#[init("Chat::session" "Chat::login")]
fn session() -> Session {
    Session
}

fn main() {}
