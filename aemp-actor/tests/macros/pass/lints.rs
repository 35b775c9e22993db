//! The generated code passes the lints that strict crates turn on.

#![deny(warnings)]
#![deny(
    let_underscore_drop,
    missing_docs,
    rust_2018_idioms,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unnameable_types,
    unreachable_pub,
    unused_lifetimes,
    unused_qualifications,
    unused_results
)]
#![forbid(unsafe_code)]

use aemp_actor::BadMessage;
use aemp_actor::prelude::*;

/// A room.
#[derive(Port)]
pub struct Room {
    count: usize,
}

#[rcv]
impl Room {
    fn new() -> Self {
        Self { count: 0 }
    }

    /// Comes in.
    async fn enter(&mut self, ctx: &mut Ctx<Self>, nick: String, rest: Rest) -> Result<(), Die> {
        drop((ctx, nick, rest));
        self.grow(1);
        Ok(())
    }

    fn count(&self, ctx: &Ctx<Self>) -> usize {
        let _ = ctx;
        self.count
    }

    #[deprecated = "count them"]
    fn many(&self) -> bool {
        self.count > 1
    }

    fn never(&mut self) -> ! {
        panic!("asked to")
    }

    #[rcv(local)]
    fn attach(&mut self, sender: std::sync::mpsc::Sender<u8>, name: &'static str) {
        drop((sender, name));
    }

    #[rcv(default)]
    fn other(&mut self, msg: Message) {
        drop(msg);
    }

    #[rcv(bad_message)]
    fn bad(&mut self, ctx: &mut Ctx<Self>, bad: BadMessage) -> Result<(), Die> {
        let _ = ctx;
        Err(bad.into())
    }

    #[rcv(skip)]
    fn grow(&mut self, by: usize) {
        self.count += by;
    }
}

/// What opens.
#[protocol]
pub trait Door {
    /// Opens.
    fn open(&self, key: String, rest: Rest);

    /// Whether it is open.
    fn is_open(&self) -> bool;

    /// Shuts, later.
    #[rcv(tag = "Door::shut")]
    fn shut(&self) -> u8;

    /// Lends what cannot be sent.
    #[rcv(local)]
    fn lend(&self, sender: std::sync::mpsc::Sender<u8>, name: &'static str);
}

/// A hall with a door.
#[derive(Port)]
#[port(protocols(Door))]
pub struct Hall {
    open: bool,
}

#[rcv]
impl Hall {}

#[rcv]
impl Door for Hall {
    async fn open(&mut self, ctx: &mut Ctx<Self>, key: String, rest: Rest) -> Result<(), Die> {
        drop((ctx, key, rest));
        self.open = true;
        Ok(())
    }

    fn is_open(&self, _ctx: &Ctx<Self>) -> bool {
        self.open
    }

    fn shut(&mut self, reply: Reply<u8>) {
        self.open = false;
        reply.answer(1);
    }

    fn lend(&self, sender: std::sync::mpsc::Sender<u8>, name: &'static str) {
        drop((sender, name));
    }
}

/// Opens a room.
#[init("Lints::room")]
fn room(ctx: &mut Init, size: u8, rest: Rest) -> Room {
    drop((ctx, size, rest));
    Room::new()
}

pub(super) fn main() {
    assert_eq!(room.name(), "Lints::room");
}
