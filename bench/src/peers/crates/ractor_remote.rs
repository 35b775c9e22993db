//! ractor_cluster: TCP, not encrypted, as its node server is by itself.

use std::time::Duration;

use bytes::Bytes;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, call, pg};
use ractor_cluster::{NodeServer, NodeServerMessage, RactorClusterMessage};

use crate::contender::Remote;
use crate::workload::remote::until_input_ends;

/// The process group in which the actor is found.
const GROUP: &str = "worker";

/// What both processes have to know.
const COOKIE: &str = "a long cookie of the benchmark's, which protects nothing";

struct Worker;

#[derive(RactorClusterMessage)]
enum Msg {
    Add(u64),
    Payload(Vec<u8>),
    #[rpc]
    Sum(RpcReplyPort<u64>),
}

impl Actor for Worker {
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
            Msg::Payload(bytes) => *sum += bytes.len() as u64,
            Msg::Sum(reply) => reply.send(*sum)?,
        }
        Ok(())
    }
}

/// An actor in another process.
pub(super) struct Cluster {
    worker: ActorRef<Msg>,
    /// Keeps the connection.
    _node: ActorRef<NodeServerMessage>,
}

/// A node server; it takes a port, and does not say which it has taken when that is 0.
async fn node(name: &str) -> (ActorRef<NodeServerMessage>, u16) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = free.local_addr().expect("it is bound").port();
    drop(free);
    let server = NodeServer::new(port, COOKIE.into(), name.into(), "localhost".into(), None, None)
        .with_listen_addr(std::net::Ipv4Addr::LOCALHOST.into());
    let (server, _) = Actor::spawn(None, server, ()).await.expect("it starts");
    (server, port)
}

impl Remote for Cluster {
    async fn serve() {
        let (_server, port) = node("there").await;
        let (worker, _) = Actor::spawn(None, Worker, ()).await.expect("it starts");
        pg::join(GROUP.to_owned(), vec![worker.get_cell()]);
        println!("127.0.0.1:{port}");
        until_input_ends().await;
    }

    async fn connect(line: String) -> Self {
        let (server, _) = node("here").await;
        ractor_cluster::client_connect(&server, line).await.expect("somebody listens");
        loop {
            if let Some(worker) = pg::get_members(&GROUP.to_owned()).into_iter().next() {
                return Self { worker: worker.into(), _node: server };
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn tell(&self, n: u64) {
        self.worker.send_message(Msg::Add(n)).expect("the actor lives");
    }

    async fn bytes(&self, payload: &Bytes) {
        self.worker.send_message(Msg::Payload(payload.to_vec())).expect("the actor lives");
    }

    async fn ask(&self) -> u64 {
        call!(self.worker, Msg::Sum).expect("an answer")
    }
}
