use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    #[rcv(request)]
    fn count(&self) -> usize {
        0
    }
}

fn main() {}
