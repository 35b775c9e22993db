//! What a port or an init function allows is allowed of what is made of it.

#![deny(warnings)]

use aemp_actor::prelude::*;

#[allow(non_camel_case_types)]
#[derive(Default, Port)]
pub struct snake_room;

#[rcv]
impl snake_room {
    fn count(&self) -> u8 {
        1
    }
}

#[expect(non_camel_case_types)]
#[derive(Default, Port)]
struct snake_hall;

#[rcv]
impl snake_hall {}

#[derive(Default, Port)]
#[deprecated]
pub struct Old;

#[allow(deprecated)]
#[rcv]
impl Old {
    fn count(&self) -> u8 {
        1
    }
}

#[allow(deprecated, non_snake_case)]
#[init("Lints::old")]
fn Make_old() -> Old {
    Old
}

pub(super) fn main() {
    let _ = (snake_room, snake_hall);
    let _ = Make_old();
}
