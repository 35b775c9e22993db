#![allow(unused)]

use aemp_actor::prelude::*;

#[derive(Port)]
struct Store<T, K> {
    all: Vec<(K, T)>,
}

#[rcv]
impl<T, K: Clone> Store<T, K> {
    fn put(&mut self, item: T) {}

    fn last(&mut self) -> Option<T> {
        None
    }
}

fn main() {}
