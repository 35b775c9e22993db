//! Panics over what a caller did wrong are reported where the caller did it.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::{Arc, Mutex};

use aemp_actor::prelude::*;
use serde::{Deserialize, Serialize, Serializer};

/// Cannot be sent.
#[derive(Deserialize)]
struct Stuck;

impl Serialize for Stuck {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("it is stuck"))
    }
}

#[derive(Port)]
struct Shelf;

#[rcv]
impl Shelf {
    fn put(&mut self, _things: Stuck) {}
}

#[init("Caller::shelf")]
fn shelf(_things: Stuck) -> Shelf {
    Shelf
}

#[tokio::test]
async fn panics_point_at_the_caller() {
    let _alone = crate::ALONE.lock().await;
    let node = Node::local();
    let port = node.port_fn(|_, _| ());
    let things = || Stuck;
    let far = ShelfRef::at(&node, "far#1");
    let blame: [(&str, &dyn Fn()); 9] = [
        ("snd", &|| node.snd(&port, things())),
        ("a handle's snd", &|| port.snd(things())),
        ("cal", &|| drop(node.cal::<(u8,)>(&port, things()))),
        ("after", &|| drop(node.after(std::time::Duration::ZERO, &port, things()))),
        ("spawn", &|| drop(node.spawn(&node, "Caller::shelf", (things(),)))),
        ("on", &|| drop(shelf.on(&node, "far", (things(),)))),
        ("a typed message", &|| far.put(things())),
        ("register", &|| {
            let _ = node.register("no colons", |_| ());
        }),
        ("service", &|| drop(Config::new().service("Caller::shelf", (things(),)))),
    ];
    let places = Arc::new(Mutex::new(Vec::new()));
    let seen = places.clone();
    let before = take_hook();
    set_hook(Box::new(move |info| {
        let place = info.location().map(|location| location.file().to_owned());
        seen.lock().unwrap().push(place.unwrap_or_default());
    }));
    for (_, mistake) in blame {
        catch_unwind(AssertUnwindSafe(mistake)).unwrap_err();
    }
    set_hook(before);
    for ((what, _), place) in blame.iter().zip(&*places.lock().unwrap()) {
        assert!(place.ends_with("caller.rs"), "{what}: {place}");
    }
    assert_eq!(places.lock().unwrap().len(), blame.len());
}
