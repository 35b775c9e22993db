#![allow(unused)]
use aemp_actor::prelude::*;
use std::rc::Rc;
#[derive(Default, Port)]
struct Room {
    names: Rc<Vec<String>>,
    n: u8,
}
#[rcv]
impl Room {
    fn say(&mut self, text: String) {}
    fn count(&self) -> u8 {
        self.n
    }
    async fn later(&mut self, x: u8) -> u8 {
        x
    }
}
fn main() {}
