#![allow(unused)]

use aemp_actor::prelude::*;

type Result<T> = std::result::Result<T, Die>;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    fn enter(&mut self) -> Result<u8> {
        Ok(1)
    }
}

fn main() {}
