//! The counter as a ractor actor (its mailboxes are unbounded).

use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, call};

use crate::idle::resident;
use crate::load;
use crate::rounds::timed;

struct Counter;

enum Msg {
    Add(u64),
    Sum(RpcReplyPort<u64>),
}

impl Actor for Counter {
    type Msg = Msg;
    type State = u64;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Msg>, (): ()) -> Result<u64, ActorProcessingErr> {
        Ok(0)
    }

    async fn handle(
        &self,
        _: ActorRef<Msg>,
        msg: Msg,
        sum: &mut u64,
    ) -> Result<(), ActorProcessingErr> {
        match msg {
            Msg::Add(n) => *sum += n,
            Msg::Sum(reply) => reply.send(*sum)?,
        }
        Ok(())
    }
}

async fn counter() -> ActorRef<Msg> {
    let (counter, _) = Actor::spawn(None, Counter, ()).await.expect("it starts");
    counter
}

async fn sum(counter: &ActorRef<Msg>) -> u64 {
    call!(counter, Msg::Sum).expect("an answer")
}

pub(super) async fn sends(producers: usize, messages: usize) -> Duration {
    let counter = counter().await;
    let work = async {
        let handle = counter.clone();
        load::producers(producers, move || {
            let handle = handle.clone();
            move || {
                for _ in 0..messages / producers {
                    handle.send_message(Msg::Add(1)).expect("the actor lives");
                }
            }
        })
        .await;
        assert_eq!(sum(&counter).await, messages as u64);
    };
    timed(work).await
}

pub(super) async fn requests(askers: usize, requests: usize) -> Duration {
    let counter = counter().await;
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
        actors.push(counter().await);
    }
    resident().saturating_sub(before)
}
