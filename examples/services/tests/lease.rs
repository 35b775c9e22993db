//! An example of tests: of a port by itself, with a paused clock, and of the same port in a simulated
//! network.
//!
//! ```text
//! cargo test -p aemp-example-services --test lease
//! ```

use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{MonToken, Timer, sim};
use tokio::time::sleep;

/// How long a lease lasts, unless it is renewed.
const LEASE: Duration = Duration::from_secs(60);

/// Only one at a time may have it: until it gives it back, does not renew it in time, or dies.
#[derive(Default, Port)]
struct Lease {
    owner: Option<Owner>,
}

/// Who has the lease, and what would end it.
struct Owner {
    port: PortId,
    death: MonToken,
    expiry: Timer,
}

#[rcv]
impl Lease {
    /// Takes it, or renews it; the answer is whether this port has it now.
    fn take(&mut self, ctx: &mut Ctx<Self>, port: PortId) -> bool {
        if self.owner.as_ref().is_some_and(|owner| owner.port != port) {
            return false;
        }
        self.free();
        let death = ctx.mon(&port, |lease, _ctx, _reason| lease.free());
        let expiry = ctx.after(LEASE, |lease, _ctx| lease.free());
        self.owner = Some(Owner { port, death, expiry });
        true
    }

    /// Gives it back.
    fn give_back(&mut self, port: PortId) {
        if self.owner.as_ref().is_some_and(|owner| owner.port == port) {
            self.free();
        }
    }

    fn owner(&self) -> Option<PortId> {
        self.owner.as_ref().map(|owner| owner.port.clone())
    }

    #[rcv(skip)]
    fn free(&mut self) {
        if let Some(Owner { death, expiry, .. }) = self.owner.take() {
            death.cancel();
            expiry.cancel();
        }
    }
}

/// A lease, and two that want it.
fn lease(node: &Node) -> (LeaseRef, PortId, PortId) {
    let port = || PortId::from(&node.port_fn(|_ctx, _msg| ()));
    (node.port(Lease::default()), port(), port())
}

#[tokio::test(start_paused = true)]
async fn it_expires_unless_it_is_renewed() {
    let node = Node::local();
    let (lease, joe, sue) = lease(&node);
    assert!(lease.take(&joe).await.unwrap());
    sleep(LEASE - Duration::from_secs(1)).await;
    assert!(!lease.take(&sue).await.unwrap());
    assert!(lease.take(&joe).await.unwrap());
    // The first minute is over, and he has renewed it.
    sleep(LEASE - Duration::from_secs(1)).await;
    assert_eq!(lease.owner().await.unwrap(), Some(joe));
    // Past the moment: which of two timers of the same moment comes first is not said.
    sleep(Duration::from_secs(2)).await;
    assert_eq!(lease.owner().await.unwrap(), None);
    assert!(lease.take(&sue).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn it_is_free_when_it_is_given_back_or_its_owner_dies() {
    let node = Node::local();
    let (lease, joe, sue) = lease(&node);
    assert!(lease.take(&joe).await.unwrap());
    lease.give_back(&sue);
    assert_eq!(lease.owner().await.unwrap(), Some(joe.clone()));
    lease.give_back(&joe);
    assert!(lease.take(&sue).await.unwrap());

    let (tell, told) = tokio::sync::oneshot::channel();
    node.mon(&sue, move |reason: Reason| drop(tell.send(reason)));
    node.kil(&sue, ());
    told.await.unwrap();
    assert!(lease.take(&joe).await.unwrap());
    let start = tokio::time::Instant::now();
    assert_eq!(lease.owner().await.unwrap(), Some(joe));
    assert_eq!(start.elapsed(), Duration::ZERO, "nothing of this takes any time");
}

#[test]
fn it_is_free_when_the_machine_of_its_owner_is_switched_off() {
    for seed in 0..10 {
        println!("seed {seed}"); // shown when the test fails
        sim::run(seed, owner_is_lost);
    }
}

async fn owner_is_lost(network: sim::Network) {
    let alpha = Node::configure(network.config("alpha")).await.unwrap();
    let (lease, joe, _) = lease(&alpha);
    let beta = network.config("beta").seed("mem:alpha");
    let beta = Node::configure(beta).await.unwrap();
    beta.wait_up("alpha").await;
    let sue = PortId::from(&beta.port_fn(|_ctx, _msg| ()));
    assert!(LeaseRef::at(&beta, lease.id()).take(&sue).await.unwrap());
    assert!(!lease.take(&joe).await.unwrap());

    let taken_at = network.elapsed();
    network.crash("beta", sim::Crash::Machine);
    while !lease.take(&joe).await.unwrap() {
        sleep(Duration::from_secs(1)).await;
    }
    // The connection's silence was noticed before the lease would have expired.
    let after = network.elapsed() - taken_at;
    assert!(after < LEASE, "{after:?}");
}
