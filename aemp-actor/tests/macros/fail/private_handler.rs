#![allow(unused)]

use aemp_actor::prelude::*;

mod rooms {
    use aemp_actor::prelude::*;

    #[derive(Port)]
    pub struct Room;

    #[rcv]
    impl Room {
        fn inner(&mut self) {}
        pub fn outer(&mut self) {}
    }
}

fn ask(room: rooms::RoomRef) {
    room.outer();
    room.inner();
}

fn main() {}
