#![allow(unused)]
use aemp_actor::prelude::*;
trait Job {}
#[derive(Port)]
struct Store<T: Job> {
    all: Vec<T>,
}
#[rcv]
impl<T: Job> Store<T> {
    fn put(&mut self, item: T) {
        self.all.push(item)
    }
    fn last(&mut self) -> Option<T> {
        self.all.pop()
    }
}
fn main() {}
