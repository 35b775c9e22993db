#![allow(unused)]

use aemp_actor::prelude::*;

struct Since;

#[derive(Port)]
struct Session;

#[rcv]
impl Session {}

#[init("Chat::session")]
fn session(since: Since) -> Session {
    Session
}

fn main() {}
