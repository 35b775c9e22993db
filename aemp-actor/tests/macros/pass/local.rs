//! Local messages carry what cannot be serialised, and say so where they cannot go.

use std::sync::mpsc;

use aemp_actor::prelude::*;

#[derive(Port)]
struct Room;

#[rcv]
impl Room {
    #[rcv(local)]
    fn attach(&mut self, sender: mpsc::Sender<String>, name: &'static str) {
        drop(sender.send(name.to_owned()));
    }

    /// Neither the argument nor the answer can be serialised.
    #[rcv(local)]
    async fn call(&mut self, f: Box<dyn Fn(&str) -> usize + Send>) -> mpsc::Receiver<usize> {
        let (sender, receiver) = mpsc::channel();
        sender.send(f("four")).unwrap();
        receiver
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let node = Node::local();
    let room = node.port(Room);
    let (sender, receiver) = mpsc::channel();
    room.attach(sender.clone(), "joe").unwrap();
    assert_eq!(room.call(Box::new(str::len)).await.unwrap().recv(), Ok(4));
    assert_eq!(receiver.try_recv(), Ok("joe".to_owned()));

    let far = RoomRef::at(&node, "elsewhere#1");
    far.attach(sender, "joe").unwrap_err();
    let error = far.call(Box::new(str::len)).await.unwrap_err();
    assert!(matches!(error, CallError::NotLocal { .. }), "{error}");
}
