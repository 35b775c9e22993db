//! Enums, tuples and units are ports as well as structs, with messages or without.

use aemp_actor::prelude::*;

#[derive(Port)]
enum Door {
    Open,
    Shut { key: u32 },
}

#[rcv]
impl Door {
    fn shut(&mut self, key: u32) {
        *self = Self::Shut { key };
    }

    fn open(&mut self, key: u32) -> bool {
        let fits = matches!(self, Self::Shut { key: other } if *other == key);
        if fits {
            *self = Self::Open;
        }
        fits
    }
}

#[derive(Port)]
struct Wall;

#[rcv]
impl Wall {}

#[derive(Port)]
enum Nothing {}

#[rcv]
impl Nothing {}

#[derive(Port)]
struct Pair(u8, u8);

#[rcv]
impl Pair {
    #[rcv(default)]
    fn any(&mut self, msg: Message) {
        drop(msg);
        (self.0, self.1) = (self.1, self.0);
    }
}

pub(crate) fn main() {
    let door = DoorRef::from(PortId::from("alpha#1"));
    door.shut(5);
    drop(door.open(5));
    let _ = WallRef::from(PortId::from("alpha#2"));
    let _ = NothingRef::from(PortId::from("alpha#3"));
    let _ = PairRef::from(PortId::from("alpha#4"));
}
