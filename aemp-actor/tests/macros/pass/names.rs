//! No name that a user may choose gets into the way of the generated code, nor the other way round.

#![no_implicit_prelude]
#![deny(warnings)]

#[allow(dead_code)]
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

/// Names in lower case are not free for variables either: they would be patterns.
#[allow(dead_code, non_upper_case_globals)]
mod constants {
    pub const a0: u8 = 0;
    pub const answer: u8 = 0;
    pub const bad: u8 = 0;
    pub const ctx: u8 = 0;
    pub const f: u8 = 0;
    pub const from: u8 = 0;
    pub const handle: u8 = 0;
    pub const id: u8 = 0;
    pub const init: u8 = 0;
    pub const msg: u8 = 0;
    pub const never: u8 = 0;
    pub const node: u8 = 0;
    pub const other: u8 = 0;
    pub const reply: u8 = 0;
    pub const rest: u8 = 0;
    pub const serializer: u8 = 0;
    pub const state: u8 = 0;
    pub const to: u8 = 0;
}

#[allow(dead_code)]
mod among_constants {
    #[allow(unused_imports)]
    use super::constants::*;

    #[derive(::aemp_actor::Port)]
    pub struct Hall;

    #[::aemp_actor::rcv]
    impl Hall {
        fn say(&mut self, text: ::std::string::String, more: ::aemp_actor::Rest) -> u8 {
            ::std::mem::drop((text, more));
            0
        }

        #[rcv(local)]
        fn here(&mut self, _: u8) -> u8 {
            0
        }

        #[rcv(default)]
        fn any(&mut self, message: ::aemp_actor::Message) {
            ::std::mem::drop(message);
        }

        #[rcv(bad_message)]
        fn wrong(&mut self, message: ::aemp_actor::BadMessage) {
            ::std::mem::drop(message);
        }
    }

    #[::aemp_actor::init("Names::hall")]
    fn hall(context: &mut ::aemp_actor::Init, _: u8, more: ::aemp_actor::Rest) -> Hall {
        ::std::mem::drop((context.id(), more));
        Hall
    }
}

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

pub(super) fn main() {
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
