//! A block that receives and loses its connection: no message behind a lost one arrives before the
//! block has received what its monitor says (guarantee 2).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::sim;
use tokio::sync::oneshot;

#[test]
fn a_block_is_cut_off_until_it_has_received_the_news() {
    for seed in 0..20 {
        sim::run(seed, |network| async move {
            let alpha = Node::configure(network.config("alpha")).await.unwrap();
            let beta = Node::configure(network.config("beta").seed("mem:alpha")).await.unwrap();
            alpha.wait_up("beta").await;
            let seen = Arc::new(Mutex::new(Vec::new()));
            let inside = seen.clone();
            let port = beta.port_fn(move |_, msg| inside.lock().unwrap().push(msg.arg(0).unwrap()));
            let (done, is_done) = oneshot::channel();
            let target = port.id();
            alpha.port_async(move |mut me| async move {
                me.mon(&target, ("gone",));
                // Two monitors: it is cut off until it has received the news of both.
                me.mon(&target, ("gone too",));
                let pause = Duration::from_millis(10);
                for n in 0..2000_u64 {
                    me.snd(&target, ("n", n));
                    tokio::time::sleep(pause).await;
                }
                // Something else, and then the news.
                me.snd(me.id(), ("other",));
                me.get::<()>("other").await?;
                me.snd(&target, ("n", 2000_u64));
                me.recv().await?;
                me.snd(&target, ("n", 2001_u64));
                me.recv().await?;
                me.snd(&target, ("n", 3000_u64));
                let _ = done.send(());
                Ok(())
            });
            tokio::time::sleep(Duration::from_secs(1)).await;
            network.cut("alpha", "beta");
            is_done.await.unwrap();
            tokio::time::sleep(Duration::from_secs(60)).await;
            let seen: Vec<u64> = seen.lock().unwrap().clone();
            let (last, earlier) = seen.split_last().unwrap();
            assert_eq!(*last, 3000, "told of both, it may send again: {seen:?}");
            let expected: Vec<u64> = (0..earlier.len() as u64).collect();
            assert_eq!(earlier, expected, "a hole");
            assert!(earlier.len() < 2000);
        });
    }
}
