//! Groups with typed handles between nodes.

use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{Group, Pick};

use crate::support::{PATIENCE, eventually, for_each_pair, soon};

#[derive(Port)]
struct Shard {
    on: String,
    kept: Vec<Reply<String>>,
}

#[rcv]
impl Shard {
    fn on(&self) -> String {
        self.on.clone()
    }

    /// Never answers.
    fn keep(&mut self, reply: Reply<String>) {
        self.kept.push(reply);
    }

    fn kept(&self) -> usize {
        self.kept.len()
    }
}

fn shard(node: &Node) -> ShardRef {
    node.port(Shard { on: node.id().to_string(), kept: Vec::new() })
}

#[tokio::test]
async fn members_of_other_nodes_are_handles_that_send_from_here() {
    for_each_pair(async |one, two| {
        let (here, there): (Group<ShardRef>, Group<ShardRef>) = (one.group("s"), two.group("s"));
        for _ in 0..4 {
            here.join(shard(&one)).unwrap();
            there.join(shard(&two)).unwrap();
        }
        let all = async || here.members().len() == 8 && there.members().len() == 8;
        eventually("all to be known", all).await;
        assert_eq!(there.wait(PATIENCE).await.unwrap(), here.members());
        for member in here.members() {
            assert_eq!(member.on().await.unwrap(), member.id().node().as_str());
        }
        for key in 0..50_u32 {
            let by = Pick::key(key.to_be_bytes());
            assert_eq!(here.pick(by), there.pick(by), "all nodes agree whose key {key} is");
        }
        let (on, key) = (here.request(Pick::key("joe"), ShardRef::on).await, Pick::key("joe"));
        assert_eq!(on.unwrap(), there.pick(key).unwrap().id().node().as_str());
    })
    .await;
}

#[tokio::test]
async fn a_request_is_given_to_another_when_a_node_goes() {
    for_each_pair(async |one, two| {
        let group: Group<ShardRef> = one.group("s");
        let lost = shard(&two);
        two.group::<ShardRef>("s").join(&lost).unwrap();
        soon("the member", group.wait(PATIENCE)).await.unwrap();
        let own = one.id().clone();
        let request = group.request(Pick::RoundRobin, |shard| {
            if *shard.id().node() == own { shard.on() } else { shard.keep() }
        });
        eventually("it to have been sent", async || lost.kept().await.unwrap() == 1).await;
        group.join(shard(&one)).unwrap();
        two.shutdown(Duration::ZERO).await;
        assert_eq!(soon("an answer", request.retries(1)).await.unwrap(), own.as_str());
        assert_eq!(group.members().len(), 1, "what is of a node goes with it");
    })
    .await;
}
