//! The set-up of the Perl implementation's tutorial, from one configuration file.

use std::net::{Ipv4Addr, TcpListener};

use crate::home::Home;
use crate::home::service::Service;
use crate::support::soon;
use aemp_actor::Profiles;
use aemp_actor::prelude::*;

/// A port that the system has given, and nobody listens on: seeds that are written down before there
/// is a node cannot have port 0.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seed_and_a_client_on_one_machine() {
    let home = Home::new();
    let address = format!("*:{}", free_port());
    home.run(&["gensecret"]).text();
    home.run(&["profile", "seed", "nodeid", "seed", "binds", &address]).text();
    home.run(&["profile", "client", "nodeid", "anon/", "seeds", &address]).text();
    let file = home.config();
    let mut seed = home.command();
    seed.args(["run", "seed"]);
    let _seed = tokio::task::spawn_blocking(|| Service::of(seed)).await.unwrap();

    let profiles = Profiles::open_at(home.file()).unwrap();
    let client = Node::configure(Config::new().with_profile(&profiles, "client").unwrap());
    let client = client.await.unwrap();
    soon("the client to join", client.joined()).await.unwrap();
    assert!(client.id().is_anonymous(), "{}", client.id());
    assert_eq!(client.up_nodes(), [NodeId::from("seed")]);
    let answer = home.aemp(&["profile", "client", "cal", "seed", "info"]).await;
    assert_eq!(answer.text(), "\"seed\"");
    assert_eq!(home.config(), file, "running nodes and asking them changes nothing");
}
