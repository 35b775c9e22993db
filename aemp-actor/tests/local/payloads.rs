//! Panics whose payload panics, in all that users give to a node.

use std::panic::panic_any;
use std::time::Duration;

use crate::support::{death, soon};
use aemp_actor::PortRef;
use aemp_actor::prelude::*;

/// The payload.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the payload of a panic panics");
    }
}

fn boom() -> ! {
    panic_any(Bomb)
}

#[derive(Default, Port)]
struct Fragile {
    explodes: bool,
}

impl Drop for Fragile {
    fn drop(&mut self) {
        if self.explodes {
            boom();
        }
    }
}

#[rcv]
impl Fragile {
    fn at_once(&mut self) {
        boom();
    }
    async fn later(&mut self) {
        tokio::task::yield_now().await;
        boom();
    }
    fn after(&mut self, ctx: &mut Ctx<Self>) {
        ctx.after(Duration::ZERO, |_, _| -> () { boom() });
    }
    fn ready(&self) -> bool {
        true
    }
}

#[init("local_payloads::init")]
async fn init() -> Fragile {
    tokio::task::yield_now().await;
    boom()
}

const TEXT: &str = "die: panicked: a panic without a text";

#[tokio::test]
async fn code_of_a_port_kills_the_port() {
    let node = Node::local();
    let fragile = || node.port(Fragile::default());
    let (a, b, c, d) = (fragile(), fragile(), fragile(), fragile());
    let spawned = init.on(&node, &node, ());
    let block = node.port_async(|mut me| async move {
        me.recv().await?;
        boom()
    });
    let ids = [a.id(), b.id(), c.id(), d.id(), spawned.id(), block.id()];
    let ends = ids.map(|id| death(&node, id));
    a.at_once();
    let call = a.ready();
    b.later();
    c.after();
    drop(d.peval::<(), _>(|_, _| boom()));
    node.snd(&block, ("go",));
    for end in ends {
        assert_eq!(end.reason().await.to_string(), TEXT);
    }
    assert!(soon("an answer", call).await.is_err());
    assert_eq!(node.port_count(), 0);
}

#[tokio::test]
async fn a_destructor_does_not_keep_the_port_alive() {
    let node = Node::local();
    let ports = [(); 2].map(|()| node.port(Fragile { explodes: true }));
    let ends = [death(&node, &ports[0]), death(&node, &ports[1])];
    ports[0].kil(());
    let [first, second] = ends;
    assert!(first.reason().await.is_normal());
    node.shutdown(Duration::MAX).await;
    assert_eq!(second.reason().await.kind(), "shutdown");
    assert_eq!(node.port_count(), 0);
}

#[tokio::test]
async fn callbacks_harm_nobody_else() {
    let node = Node::local();
    let port = node.port(Fragile::default());
    node.mon(&port, |_: Reason| boom());
    let bomb = Fragile { explodes: true };
    node.mon_guard(&port, bomb);
    let end = death(&node, &port);
    port.kil(());
    assert!(end.reason().await.is_normal());

    node.register("local_payloads::f", |_| boom());
    node.snd(&node, ("local_payloads::f",));
    let member = node.port(Fragile::default());
    node.grp_mon("fragile", |_| boom());
    let _token = node.grp_reg("fragile", &member);
    assert_eq!(soon("an answer", member.ready()).await, Ok(true));
}
