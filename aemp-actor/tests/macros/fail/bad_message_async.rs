#![allow(unused)]

use aemp_actor::BadMessage;
use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    #[rcv(bad_message)]
    async fn bad(&mut self, bad: BadMessage) {}
}

fn main() {}
