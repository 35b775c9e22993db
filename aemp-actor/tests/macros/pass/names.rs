//! No name that a user may choose gets into the way of the generated code, nor the other way round.

#![no_implicit_prelude]
#![deny(warnings)]

mod around {
    pub mod aemp_actor {}
    pub mod core {}
    pub mod serde {}
    pub mod std {}
    pub struct Box;
    pub struct Err;
    pub struct Future;
    pub struct Infallible;
    pub struct Into;
    pub struct Message;
    pub struct None;
    pub struct Ok;
    pub struct Option;
    pub struct PortId;
    pub struct Ref;
    pub struct Reply;
    pub struct Result;
    pub struct Send;
    pub struct Some;
}

#[allow(unused_imports)]
use around::*;

#[derive(::aemp_actor::Port)]
pub struct Room;

#[::aemp_actor::rcv]
impl Room {
    fn r#type(&mut self, r#fn: u8) {
        let _ = r#fn;
    }

    fn reply(&self, reply: u8, ctx: u8, msg: u8, to: u8, a1: u8, a0: u8, rest: u8) -> u8 {
        reply + ctx + msg + to + a1 + a0 + rest
    }

    fn handle(&mut self) {}

    fn decode(&mut self, tag: ::std::string::String) {
        ::std::mem::drop(tag);
    }

    fn encode(&mut self, _: u8, arg0: u8) {
        let _ = arg0;
    }

    fn clone(&self) -> u8 {
        0
    }

    fn from(&mut self) {}

    fn id(&mut self) {}

    fn kil(&mut self) {}

    fn snd(&mut self, args: u8, write: u8, answer: u8) {
        let _ = (args, write, answer);
    }
}

macro_rules! rooms {
    ($($name:ident: $item:ty),*) => {$(
        #[derive(::aemp_actor::Port)]
        pub struct $name;

        #[::aemp_actor::rcv]
        impl $name {
            fn add(&mut self, item: $item) {
                let _ = item;
            }

            fn last(&self, index: u8) -> $item {
                let _ = index;
                ::std::default::Default::default()
            }
        }
    )*};
}

rooms!(Kitchen: ::std::string::String, Attic: u8);

fn main() {
    // A message hides what every handle has of that name; the trait still reaches it.
    let id: ::aemp_actor::PortId = ::std::convert::From::from("alpha#1");
    let room: RoomRef = ::std::convert::From::from(&id);
    room.r#type(1);
    room.id();
    room.snd(1, 2, 3);
    room.encode(1, 2);
    ::std::mem::drop(room.clone());
    ::std::assert!(::aemp_actor::PortRef::id(&room) == id);
    let kitchen: KitchenRef = ::std::convert::From::from(&id);
    kitchen.add("bread");
    let attic: AtticRef = ::std::convert::From::from(id);
    attic.add(1);
    ::std::mem::drop(attic.last(0));
}
