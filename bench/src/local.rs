//! Ports in one process: sends and requests per second.

use std::time::Duration;

use aemp_actor::prelude::*;

use crate::counter::{Counter, CounterRef, unbounded};
use crate::options::Options;
use crate::rounds::{compare, measure, timed};
use crate::{load, peers, raw};

/// How many ask at the same time in the second request measurement.
const ASKERS: usize = 64;

/// Prints the figures.
pub(crate) fn run(options: &Options) {
    println!("local: sends");
    for producers in [1, 4] {
        sends(producers, options);
    }
    println!("local: requests and replies");
    for askers in [1, ASKERS] {
        requests(askers, options);
    }
    println!();
}

fn sends(producers: usize, options: &Options) {
    let name = |what: &str| format!("{what}, {producers} to 1");
    let messages = options.messages;
    let raw = measure(options, &name("raw tokio unbounded channel"), messages, || {
        raw_sends(producers, messages)
    });
    let port = measure(options, &name("port, typed handle"), messages, || {
        port_sends(producers, messages, |counter, _| counter.add(1))
    });
    let fewer = messages / 4;
    measure(options, &name("port, snd by ID"), fewer, || {
        port_sends(producers, fewer, |_, around| around.node.snd(&around.id, ("add", 1)))
    });
    peers::sends(producers, options);
    compare("typed handle / raw channel", port, raw);
}

fn requests(askers: usize, options: &Options) {
    let name = |what: &str| format!("{what}, {askers} at a time");
    let requests = options.requests;
    let raw = measure(options, &name("raw channel and oneshot"), requests, || {
        raw_requests(askers, requests)
    });
    let port =
        measure(options, &name("port, typed handle"), requests, || port_requests(askers, requests));
    let fewer = requests / 4;
    measure(options, &name("port, cal by ID"), fewer, || port_cals(askers, fewer));
    peers::requests(askers, options);
    compare("typed handle / raw channel", port, raw);
}

/// What a producer has at hand beside the typed handle.
#[derive(Clone)]
struct Around {
    node: Node,
    id: PortId,
}

fn raw_sends(producers: usize, messages: usize) -> Duration {
    crate::runtime().block_on(async move {
        let counter = raw::counter();
        let work = async {
            let sender = counter.clone();
            load::producers(producers, move || {
                let sender = sender.clone();
                move || {
                    for _ in 0..messages / producers {
                        assert!(sender.send(raw::Msg::Add(1)).is_ok(), "the task lives");
                    }
                }
            })
            .await;
            assert_eq!(raw::sum(&counter).await, messages as u64);
        };
        timed(work).await
    })
}

fn port_sends(
    producers: usize,
    messages: usize,
    send: impl Fn(&CounterRef, &Around) + Copy + Send + 'static,
) -> Duration {
    crate::runtime().block_on(async move {
        let node = Node::local();
        let counter = node.port_with(Counter::default(), unbounded());
        let around = Around { node: node.clone(), id: PortId::from(&counter) };
        let work = async {
            let handle = counter.clone();
            load::producers(producers, move || {
                let (handle, around) = (handle.clone(), around.clone());
                move || {
                    for _ in 0..messages / producers {
                        send(&handle, &around);
                    }
                }
            })
            .await;
            assert_eq!(counter.sum().await.expect("an answer"), messages as u64);
        };
        timed(work).await
    })
}

fn raw_requests(askers: usize, requests: usize) -> Duration {
    crate::runtime().block_on(async move {
        let counter = raw::counter();
        timed(load::askers(askers, requests, move || {
            let counter = counter.clone();
            async move {
                raw::sum(&counter).await;
            }
        }))
        .await
    })
}

fn port_requests(askers: usize, requests: usize) -> Duration {
    crate::runtime().block_on(async move {
        let node = Node::local();
        let counter = node.port(Counter::default());
        timed(load::askers(askers, requests, move || {
            let counter = counter.clone();
            async move {
                counter.sum().await.expect("an answer");
            }
        }))
        .await
    })
}

fn port_cals(askers: usize, requests: usize) -> Duration {
    crate::runtime().block_on(async move {
        let node = Node::local();
        let id = PortId::from(&node.port(Counter::default()));
        timed(load::askers(askers, requests, move || {
            let (node, id) = (node.clone(), id.clone());
            async move {
                let (_sum,): (u64,) = node.cal(id, ("sum",)).await.expect("an answer");
            }
        }))
        .await
    })
}
