//! Handles are as visible as their ports, and their methods as the handlers; messages may be declared in another module, in a function,
//! and under another name of the runtime.

mod chat {
    use aemp_actor::prelude::*;

    #[derive(Port)]
    #[port(handle = Door)]
    pub(crate) struct Room {
        pub(super) open: bool,
    }

    mod messages {
        use aemp_actor::prelude::*;

        #[rcv(handle = super::Door)]
        impl super::Room {
            pub fn open(&mut self) {
                self.open = true;
            }
        }
    }

    #[derive(Port)]
    pub struct Hall;
}

mod rooms {
    use aemp_actor::prelude::*;

    #[rcv]
    impl crate::pass::places::chat::Hall {
        /// Private to the module, on the handle as well.
        fn enter(&mut self, nick: String) -> Private {
            Private(nick.len())
        }
    }

    #[derive(serde::Deserialize, serde::Serialize)]
    struct Private(usize);

    pub fn enter(hall: &crate::pass::places::chat::HallRef) {
        drop(hall.enter("joe"));
    }
}

mod renamed {
    pub use aemp_actor as runtime;
}

use aemp_actor::{Die, PortId, init, rcv};

#[derive(aemp_actor::Port)]
#[port(crate = crate::pass::places::renamed::runtime)]
struct Elsewhere;

#[rcv(crate = crate::pass::places::renamed::runtime)]
impl Elsewhere {
    fn come(&mut self) {}
}

#[init("Places::elsewhere", crate = crate::pass::places::renamed::runtime)]
async fn elsewhere(crash: bool) -> Result<Elsewhere, Die> {
    if crash { Err(Die::new("asked to")) } else { Ok(Elsewhere) }
}

pub(super) fn main() {
    #[derive(aemp_actor::Port)]
    struct Inside;

    #[rcv]
    impl Inside {
        fn come(&mut self) {}
    }

    let id = PortId::from("alpha#1");
    assert!(!chat::Room { open: false }.open);
    chat::Door::from(&id).open();
    rooms::enter(&chat::HallRef::from(&id));
    ElsewhereRef::from(&id).come();
    InsideRef::from(&id).come();
    assert_eq!(elsewhere().name(), "Places::elsewhere");
}
