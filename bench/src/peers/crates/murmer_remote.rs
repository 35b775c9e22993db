//! murmer in two processes: QUIC by iroh, encrypted. The second is an edge client of the first.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use murmer::MurmerClient;
use murmer::cluster::config::ClusterConfig;
use murmer::prelude::*;
use tokio::task::JoinSet;

use super::murmer::{Add, Payload, State, Sum, Worker};
use crate::contender::Remote;
use crate::workload::remote::until_input_ends;

/// The label under which the actor is found.
const LABEL: &str = "worker/remote";

/// What both processes have to know.
const COOKIE: &str = "a long cookie of the benchmark's, which protects nothing";

/// Messages whose replies are awaited at the same time.
const AT_ONCE: usize = 64;

/// An actor in another process.
pub(super) struct Cluster {
    worker: Endpoint<Worker>,
    /// Keeps the connection.
    _client: MurmerClient,
}

impl Remote for Cluster {
    async fn serve() {
        let key = std::env::temp_dir().join(format!("aemp-bench-murmer-{}", std::process::id()));
        let config = ClusterConfig::builder()
            .name("there")
            .listen(SocketAddr::from((Ipv4Addr::LOCALHOST, free_port())))
            .cookie(COOKIE)
            .key_path(&key)
            .build()
            .expect("all that it needs is there");
        let system = System::clustered_auto(config).await.expect("it starts");
        // It has been read.
        std::fs::remove_file(key).unwrap_or_default();
        let _worker = system.start_public(LABEL, Worker, State::default());
        let address = system.endpoint_addr().expect("it is clustered");
        println!("{}", serde_json::to_string(&address).expect("it serialises"));
        until_input_ends().await;
    }

    async fn connect(line: String) -> Self {
        let address = serde_json::from_str(&line).expect("it was serialised so");
        let client = MurmerClient::connect(address, COOKIE).await.expect("somebody listens");
        let worker = client.lookup_wait(LABEL, Duration::from_secs(10)).await;
        Self { worker: worker.expect("the actor is found"), _client: client }
    }

    async fn tell(&self, n: u64) {
        self.worker.send(Add { n }).await.expect("a reply");
    }

    async fn tell_many(&self, count: usize) {
        let mut tells = JoinSet::new();
        for task in 0..AT_ONCE {
            let worker = self.worker.clone();
            let each = count / AT_ONCE + usize::from(task < count % AT_ONCE);
            tells.spawn(async move {
                for _ in 0..each {
                    worker.send(Add { n: 1 }).await.expect("a reply");
                }
            });
        }
        tells.join_all().await;
    }

    async fn bytes(&self, payload: &Bytes) {
        self.worker.send(Payload { bytes: payload.clone() }).await.expect("a reply");
    }

    async fn ask(&self) -> u64 {
        self.worker.send(Sum {}).await.expect("an answer")
    }
}

fn free_port() -> u16 {
    let free = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port is free");
    free.local_addr().expect("it is bound").port()
}
