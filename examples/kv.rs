//! A key-value store that is spread over nodes: `cargo run --example kv`
//!
//! Every node has a shard: a port that keeps the keys which are its own. Which shard a key belongs to
//! follows from the key and the list of shards alone (rendezvous hashing): that with the largest hash of
//! key and node. A node that joins takes over its share of the keys from the others, and nothing else
//! moves; one that leaves gives its keys to the others before. Meanwhile every key can be read.
//!
//! This program runs all nodes itself. There is one copy of each value only: what a node had that is
//! killed is gone. While shards come or go, two programs that write the same key through different
//! shards may overwrite each other in any order.

#[path = "kv/rendezvous.rs"]
mod rendezvous;
#[path = "kv/shard.rs"]
mod shard;

use std::error::Error;
use std::time::Duration;

use aemp_actor::{generate_secret, prelude::*};
use shard::ShardRef;

/// How many keys there are, and on how many nodes they are at first.
const KEYS: usize = 1000;
const NODES: usize = 3;

/// A node, and its shard.
struct Store {
    node: Node,
    shard: ShardRef,
}

impl Store {
    async fn start(
        number: usize,
        config: &Config,
        seed: Option<&Store>,
    ) -> Result<Self, Box<dyn Error>> {
        let config = config.clone().nodeid(format!("store-{number}"));
        let seeds = seed.map(|seed| seed.node.listeners()).unwrap_or_default();
        let node = Node::configure(config.seeds(seeds)).await?;
        node.joined().await?;
        let shard = shard::new_shard.on(&node, node.id(), ());
        Ok(Self { node, shard })
    }

    /// Gives all keys away, and ends; tells how many they were.
    async fn leave(self) -> Result<usize, CallError> {
        let keys = self.shard.leave().await?;
        self.node.shutdown(Duration::from_secs(2)).await;
        Ok(keys)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::new().bind("127.0.0.1:0").secret(generate_secret());
    let mut stores = vec![Store::start(1, &config, None).await?];
    for number in 2..=NODES {
        stores.push(Store::start(number, &config, stores.first()).await?);
    }
    settled(&stores).await?;
    let put = |number: usize| stores[number % NODES].shard.put(key(number), value(number));
    for put in (0..KEYS).map(put).collect::<Vec<_>>() {
        put.await?;
    }
    println!("{KEYS} keys are put: {}", settled(&stores).await?);

    stores.push(Store::start(NODES + 1, &config, stores.first()).await?);
    println!("while a node joins, {} keys are found", found(&stores).await?);
    println!("store-{} has joined: {}", NODES + 1, settled(&stores).await?);

    let leaving = stores.remove(1);
    let (moved, number) = tokio::join!(leaving.leave(), found(&stores));
    println!("while a node leaves, {} keys are found", number?);
    println!("store-2 has left, {} keys moved: {}", moved?, settled(&stores).await?);
    println!("{} keys are found", found(&stores).await?);
    Ok(())
}

fn key(number: usize) -> String {
    format!("key {number}")
}

fn value(number: usize) -> String {
    format!("value {}", number * number)
}

/// How many keys have their value, whichever shard is asked.
async fn found(stores: &[Store]) -> Result<usize, CallError> {
    let ask = |number: usize| stores[number % stores.len()].shard.get(key(number));
    let mut found = 0;
    for (number, asked) in (0..KEYS).map(ask).collect::<Vec<_>>().into_iter().enumerate() {
        let answer = match asked.await {
            // It was with a shard that ended: nobody sends it there now.
            Err(CallError::Died { .. }) => ask(number).await?,
            answer => answer?,
        };
        found += usize::from(answer == Some(value(number)));
    }
    Ok(found)
}

/// Waits until all shards know each other, and every key is where it belongs; tells how many are where.
async fn settled(stores: &[Store]) -> Result<String, CallError> {
    let mut keys = Vec::new();
    for Store { node, shard } in stores {
        keys.push(format!("{} has {}", node.id(), shard.settled(stores.len()).await?));
    }
    Ok(keys.join(", "))
}
