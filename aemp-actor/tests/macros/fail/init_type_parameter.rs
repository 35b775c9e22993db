#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Session;

#[rcv]
impl Session {}

#[init("Chat::session")]
fn session<T: ToString>(nick: T) -> Session {
    Session
}

fn main() {}
