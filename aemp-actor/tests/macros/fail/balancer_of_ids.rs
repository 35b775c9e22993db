#![allow(unused)]

use aemp_actor::Balancer;
use aemp_actor::prelude::*;

fn main() {
    let pool = Balancer::new([PortId::from("alpha#1")]);
    pool.when_room(|id| ());
}
