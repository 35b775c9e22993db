//! Messages marked `local`: they need no serde and stay on their node.

use aemp_actor::prelude::*;
use aemp_actor::{NotLocal, PortRef};
use tokio::sync::oneshot;

/// Something that no serialiser knows.
struct Opaque(Box<dyn Fn(u32) -> u32 + Send>);

#[derive(Default, Port)]
struct Workshop {
    attached: Vec<oneshot::Sender<u8>>,
}

#[rcv]
impl Workshop {
    #[rcv(local)]
    fn attach(&mut self, tx: oneshot::Sender<u8>) {
        self.attached.push(tx);
    }

    #[rcv(local)]
    fn make(&self, add: u32) -> Opaque {
        Opaque(Box::new(move |n| n + add))
    }

    #[rcv(local)]
    fn run(&self, code: Box<dyn FnOnce() -> u32 + Send>) -> Result<u32, Die> {
        match code() {
            0 => Err(die!("nothing came out")),
            n => Ok(n),
        }
    }

    fn release(&mut self) -> usize {
        let all = std::mem::take(&mut self.attached);
        all.into_iter().map(|tx| tx.send(7)).filter(Result::is_ok).count()
    }
}

/// Another port, whose ID is then taken for a workshop's.
#[derive(Port)]
struct Other;

#[rcv]
impl Other {}

#[tokio::test]
async fn values_without_serde_arrive() {
    let node = Node::local();
    let workshop = node.port(Workshop::default());
    let (tx, rx) = oneshot::channel();
    workshop.attach(tx).unwrap();
    assert_eq!(workshop.release().await, Ok(1));
    assert_eq!(rx.await, Ok(7));
    let Opaque(add) = workshop.make(5).await.unwrap();
    assert_eq!(add(2), 7);
    assert_eq!(workshop.run(Box::new(|| 3)).await, Ok(3));
    let died = workshop.run(Box::new(|| 0)).await.unwrap_err();
    assert_eq!(died.reason().unwrap().text(), "nothing came out");
}

#[tokio::test]
async fn a_handle_by_id_finds_the_port_of_its_node() {
    let node = Node::local();
    let workshop = node.port(Workshop::default());
    let by_id = WorkshopRef::at(&node, workshop.id());
    let (tx, rx) = oneshot::channel();
    by_id.attach(tx).unwrap();
    workshop.release().await.unwrap();
    assert_eq!(rx.await, Ok(7));
}

#[tokio::test]
async fn elsewhere_they_are_refused_and_given_back_nowhere() {
    let node = Node::local();
    let workshop = node.port(Workshop::default());
    let far = WorkshopRef::at(&Node::local(), workshop.id());
    let (tx, rx) = oneshot::channel();
    let error: NotLocal = far.attach(tx).unwrap_err();
    assert!(error.to_string().contains(&workshop.to_string()), "{error}");
    assert!(rx.await.is_err(), "what was refused is dropped at once");
    let Err(error) = far.make(1).await else { panic!("it was answered") };
    assert!(matches!(error, CallError::NotLocal { .. }), "{error}");
    assert!(error.to_string().contains(&workshop.to_string()), "{error}");
}

#[tokio::test]
async fn a_port_of_another_type_is_not_given_them() {
    let node = Node::local();
    let other = node.port(Other);
    let wrong = WorkshopRef::at(&node, other.id());
    assert!(wrong.attach(oneshot::channel().0).is_err());
    assert!(matches!(wrong.make(1).await, Err(CallError::NotLocal { .. })));
    assert!(other.peval(|_, _| Ok(true)).await.unwrap(), "it lives");
}

#[tokio::test]
async fn to_a_dead_port_they_are_lost_as_others_are() {
    let node = Node::local();
    let workshop = node.port(Workshop::default());
    workshop.kil(());
    let (tx, rx) = oneshot::channel();
    drop(workshop.attach(tx));
    assert!(rx.await.is_err());
    let Err(CallError::Died { reason, .. }) = workshop.make(1).await else { panic!("no death") };
    assert!(reason.is_normal());
}

#[tokio::test]
async fn untyped_they_are_refused() {
    let node = Node::local();
    let workshop = node.port(Workshop::default());
    let error = node.cal::<()>(&workshop, ("attach", 1)).await.unwrap_err();
    let CallError::Refused { text, .. } = error else { panic!("{error}") };
    assert!(text.contains(r#""attach""#) && text.contains("same node"), "{text}");
}
