//! kameo's remote actors: libp2p over TCP, encrypted by noise. The two processes are told of each
//! other; kameo's own bootstrap would look for others in the local network.

use bytes::Bytes;
use kameo::actor::RemoteActorRef;
use kameo::remote::{self, messaging};
use libp2p::futures::StreamExt;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, SwarmBuilder, noise, tcp, yamux};

use super::kameo::{Add, Kameo, Payload, Sum, Worker};
use crate::contender::{Local, Remote};
use crate::workload::remote::until_input_ends;

/// The name under which the actor is looked up.
const NAME: &str = "worker";

/// Messages that are on their way at the same time: of more libp2p loses some.
const AT_ONCE: usize = 64;

#[derive(NetworkBehaviour)]
struct Behaviour {
    kameo: remote::Behaviour,
}

/// An actor in another process.
pub(super) struct Swarm {
    worker: RemoteActorRef<Worker>,
}

impl Remote for Swarm {
    async fn serve() {
        let mut swarm = swarm();
        swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse().expect("an address")).expect("it listens");
        let address = loop {
            if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
                break address;
            }
        };
        let address = address.with_p2p(*swarm.local_peer_id()).expect("it has no other peer in it");
        drive(swarm);
        let worker = Kameo::spawn().await;
        worker.register(NAME).await.expect("nobody else has the name");
        println!("{address}");
        until_input_ends().await;
    }

    async fn connect(line: String) -> Self {
        let mut swarm = swarm();
        let address: Multiaddr = line.parse().expect("an address");
        let Some(Protocol::P2p(peer)) = address.iter().last() else {
            panic!("the address ends with a peer")
        };
        // As kameo's bootstrap does with what it finds: the look-up asks only peers whose address it was told.
        swarm.add_peer_address(peer, address.clone());
        swarm.dial(address).expect("it can be dialled");
        drive(swarm);
        loop {
            if let Ok(Some(worker)) = RemoteActorRef::<Worker>::lookup(NAME).await {
                return Self { worker };
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    async fn tell(&self, n: u64) {
        self.worker.tell(&Add(n)).send_ack().await.expect("it arrives");
    }

    async fn tell_many(&self, count: usize) {
        let tells = (0..count).map(|_| self.tell(1));
        let mut tells = libp2p::futures::stream::iter(tells).buffer_unordered(AT_ONCE);
        while tells.next().await.is_some() {}
    }

    async fn bytes(&self, payload: &Bytes) {
        self.worker.tell(&Payload(payload.clone())).send_ack().await.expect("it arrives");
    }

    async fn ask(&self) -> u64 {
        self.worker.ask(&Sum).await.expect("an answer")
    }
}

fn swarm() -> libp2p::Swarm<Behaviour> {
    let swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .expect("noise has keys")
        .with_behaviour(|key| {
            let peer = key.public().to_peer_id();
            Behaviour { kameo: remote::Behaviour::new(peer, messaging::Config::default()) }
        })
        .expect("it cannot fail")
        .with_swarm_config(|config| {
            config.with_idle_connection_timeout(std::time::Duration::from_secs(600))
        })
        .build();
    swarm.behaviour().kameo.try_init_global().expect("there is one in each process");
    swarm
}

fn drive(mut swarm: libp2p::Swarm<Behaviour>) {
    tokio::spawn(async move {
        loop {
            swarm.select_next_some().await;
        }
    });
}
