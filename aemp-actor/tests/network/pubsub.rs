//! Publish and subscribe over several nodes, on the simulated network.

use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::pubsub::{End, Hub, Next, Overflow, Subscribe, Subscription};
use aemp_actor::sim;

use crate::support::{soon, until};

const SECOND: Duration = Duration::from_secs(1);

/// The numbers that are read until nothing is there, with `-n` for n that are missing.
fn read(subscription: &mut Subscription) -> Vec<i64> {
    let next = std::iter::from_fn(|| subscription.try_next());
    next.map(|next| match next {
        Next::Message(message) => message.arg(0).unwrap(),
        Next::Missed(missed) => -i64::try_from(missed).unwrap(),
    })
    .collect()
}

#[test]
fn a_message_goes_once_to_each_node_and_is_handed_to_each_subscriber() {
    sim::run(1, |network| async move {
        let alpha = Node::configure(network.config("alpha")).await.unwrap();
        let beta = Node::configure(network.config("beta").seed("mem:alpha")).await.unwrap();
        let (from, to) = (Hub::join(&alpha, "news").unwrap(), Hub::join(&beta, "news").unwrap());
        until("the hubs know each other", || alpha.grp_get("news").len() == 2).await;
        let every = Subscribe::new().bound(10_000);
        let mut own = from.subscribe(every);
        let mut others: Vec<_> = (0..50).map(|_| to.subscribe(every)).collect();
        let packets = || alpha.peer("beta").unwrap().connection.unwrap().traffic.packets_out;
        let before = packets();
        for n in 0..1000_i64 {
            assert_eq!(from.publish(("n", n)), 2);
        }
        soon("the last one", async {
            while let Some(Next::Message(message)) = others[49].next().await {
                if message.arg_is(0, &999) {
                    break;
                }
            }
        })
        .await;
        let sent = packets() - before;
        assert!((1000..1100).contains(&sent), "{sent} packets");
        let all: Vec<i64> = (0..1000).collect();
        for subscription in &mut others[..49] {
            assert_eq!(read(subscription), all);
        }
        assert_eq!(read(&mut own), all);
        // Without a hub of its own a node publishes, too.
        from.leave();
        assert!(soon("the end", own.next()).await.is_none());
        assert_eq!(own.end(), Some(End::HubEnded));
        until("one is left", || alpha.grp_get("news").len() == 1).await;
        assert_eq!(alpha.grp_snd_all("news", ("n", 1000)), 1);
        let Some(Next::Message(message)) = soon("it", others[0].next()).await else { panic!() };
        assert_eq!(message.arg::<i64>(0).unwrap(), 1000);
        beta.shutdown(Duration::from_secs(1)).await;
        read(&mut others[0]);
        assert!(soon("the end", others[0].next()).await.is_none());
    });
}

#[test]
fn a_slow_subscriber_is_told_what_it_missed_and_holds_up_nobody() {
    sim::run(2, |network| async move {
        let alpha = Node::configure(network.config("alpha")).await.unwrap();
        let hub = Hub::join(&alpha, "news").unwrap();
        let with = |overflow| hub.subscribe(Subscribe::new().bound(3).overflow(overflow));
        let mut oldest = with(Overflow::DropOldest);
        let mut newest = with(Overflow::DropNewest);
        let mut cut_off = with(Overflow::CutOff);
        let mut quick = hub.subscribe(Subscribe::new());
        let dropped = with(Overflow::CutOff);
        drop(dropped);
        for n in 0..10_i64 {
            hub.publish(("n", n));
        }
        let mut seen = Vec::new();
        while seen.last() != Some(&9) {
            let Some(Next::Message(message)) = soon("a message", quick.next()).await else {
                panic!()
            };
            seen.push(message.arg::<i64>(0).unwrap());
        }
        assert_eq!(seen.len(), 10);
        assert_eq!(read(&mut oldest), [-7, 7, 8, 9]);
        assert_eq!(read(&mut newest), [0, 1, 2, -7]);
        assert_eq!(read(&mut cut_off), [0, 1, 2]);
        assert!(cut_off.next().await.is_none());
        assert_eq!((cut_off.end(), newest.end()), (Some(End::TooSlow), None));
        hub.publish(("n", 10));
        let Some(Next::Message(message)) = soon("it goes on", newest.next()).await else {
            panic!()
        };
        assert_eq!(message.arg::<i64>(0).unwrap(), 10);
    });
}

#[test]
fn joining_and_leaving_a_topic_can_be_awaited() {
    sim::run(3, |network| async move {
        network.latency_everywhere(SECOND..=SECOND);
        let alpha = Node::configure(network.config("alpha")).await.unwrap();
        let beta = Node::configure(network.config("beta").seed("mem:alpha")).await.unwrap();
        beta.joined().await.unwrap();
        let (from, to) = (Hub::join(&alpha, "news").unwrap(), Hub::join(&beta, "news").unwrap());
        assert_eq!(from.publish(("n", 0)), 1, "it is not known yet");
        to.announced(9 * SECOND).await.unwrap();
        let mut subscription = to.subscribe(Subscribe::new());
        for n in 1..=3 {
            assert_eq!(from.publish(("n", n)), 2);
        }
        to.leave_gracefully(9 * SECOND).await.unwrap();
        assert_eq!(read(&mut subscription), [1, 2, 3], "what was on its way has come");
        assert!(soon("the end", subscription.next()).await.is_none());
        assert_eq!(subscription.end(), Some(End::HubEnded));
        assert_eq!(from.publish(("n", 4)), 1);
    });
}
