//! `cfg` on a method is `cfg` on all that is written for it.

use aemp_actor::BadMessage;
use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    #[cfg(any())]
    fn gone(&mut self, what: Missing) -> Missing {
        what
    }

    #[cfg(not(any()))]
    fn there(&mut self) {}

    #[cfg(any())]
    fn either(&mut self, what: Missing) {}

    #[cfg(not(any()))]
    fn either(&mut self, what: u8) -> u8 {
        what
    }

    #[cfg(any())]
    #[rcv(local)]
    fn here(&mut self, what: Missing) {}

    #[cfg(any())]
    #[rcv(default)]
    fn other(&mut self, msg: Message) {
        drop(msg);
    }

    #[cfg(any())]
    #[rcv(bad_message)]
    fn bad(&mut self, bad: BadMessage) {
        drop(bad);
    }

    #[cfg(not(any()))]
    #[rcv(bad_message)]
    fn worse(&mut self, bad: BadMessage) -> Result<(), Die> {
        Err(bad.into())
    }
}

#[cfg(any())]
#[init("Conditional::gone")]
fn gone(what: Missing) -> Room {
    Room
}

#[init("Conditional::there")]
#[cfg(not(any()))]
fn gone(what: u8) -> Room {
    let _ = what;
    Room
}

pub(crate) fn main() {
    let room = RoomRef::from(PortId::from("alpha#1"));
    room.there();
    drop(room.either(1));
    assert_eq!(gone.name(), "Conditional::there");
}
