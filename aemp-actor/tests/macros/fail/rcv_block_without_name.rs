#![allow(unused)]

use aemp_actor::prelude::*;

#[rcv]
impl (u8, u8) {
    fn enter(&mut self) {}
}

fn main() {}
