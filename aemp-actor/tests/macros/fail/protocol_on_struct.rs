#![allow(unused)]

use aemp_actor::prelude::*;

#[protocol]
struct Screen;

fn main() {}
