//! The counter as a kameo actor with an unbounded mailbox.

use std::time::Duration;

use kameo::Actor;
use kameo::actor::{ActorRef, Spawn};
use kameo::mailbox;
use kameo::message::{Context, Message};

use crate::idle::resident;
use crate::load;
use crate::rounds::timed;

#[derive(Actor, Default)]
struct Counter {
    sum: u64,
}

struct Add(u64);

struct Sum;

impl Message<Add> for Counter {
    type Reply = ();

    async fn handle(&mut self, Add(n): Add, _: &mut Context<Self, ()>) {
        self.sum += n;
    }
}

impl Message<Sum> for Counter {
    type Reply = u64;

    async fn handle(&mut self, Sum: Sum, _: &mut Context<Self, u64>) -> u64 {
        self.sum
    }
}

fn counter() -> ActorRef<Counter> {
    Counter::spawn_with_mailbox(Counter::default(), mailbox::unbounded())
}

async fn sum(counter: &ActorRef<Counter>) -> u64 {
    counter.ask(Sum).send().await.expect("an answer")
}

pub(super) async fn sends(producers: usize, messages: usize) -> Duration {
    let counter = counter();
    let work = async {
        let handle = counter.clone();
        load::producers(producers, move || {
            let handle = handle.clone();
            move || {
                for _ in 0..messages / producers {
                    handle.tell(Add(1)).try_send().expect("the actor lives");
                }
            }
        })
        .await;
        assert_eq!(sum(&counter).await, messages as u64);
    };
    timed(work).await
}

pub(super) async fn requests(askers: usize, requests: usize) -> Duration {
    let counter = counter();
    let ask = move || {
        let counter = counter.clone();
        async move {
            sum(&counter).await;
        }
    };
    timed(load::askers(askers, requests, ask)).await
}

pub(super) async fn idle(count: usize) -> usize {
    let before = resident();
    let mut actors = Vec::with_capacity(count);
    for _ in 0..count {
        actors.push(counter());
    }
    for actor in &actors {
        actor.wait_for_startup().await;
    }
    resident().saturating_sub(before)
}
