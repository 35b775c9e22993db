//! What a node of the network may say once it is let in.

use std::cell::RefCell;
use std::io;
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{Address, DataConn, Listener, Memory, Stream, Transport};
use async_trait::async_trait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;

/// Lets the peer in.
const HANDSHAKE: &str = "aemp;1;fuzz;hmac_md6_64_256;json;provider=AE-1.30;inst=1\nx\n\
                         cleartext;67656865696d;json\n";

/// Makes the peer a member of the mesh, with the rendezvous port `r`.
const MEMBER: &str = r#"["","AnyEvent::MP::_spawn","r","AnyEvent::MP::Global::connect",0,"fuzz"]"#;

/// A node is used for that many conversations: what they leave behind is part of the game.
const CONVERSATIONS: u32 = 500;

/// Packets to the node port, and to whatever ports they make.
pub fn requests(data: &[u8]) {
    converse(&[HANDSHAKE.as_bytes(), data]);
}

/// Packets of a member of the mesh.
pub fn rendezvous(data: &[u8]) {
    converse(&[HANDSHAKE.as_bytes(), MEMBER.as_bytes(), data]);
}

/// A node with nothing but a network in memory, and everything that can be asked of it.
struct Lab {
    runtime: Runtime,
    network: Memory,
    node: Node,
    conversations: u32,
}

thread_local! {
    static LAB: RefCell<Option<Lab>> = const { RefCell::new(None) };
}

fn converse(said: &[&[u8]]) {
    LAB.with_borrow_mut(|lab| {
        let used = lab.get_or_insert_with(Lab::new);
        used.converse(&said.concat());
        if used.conversations >= CONVERSATIONS {
            *lab = None;
        }
    });
}

#[init("Fuzz::spawned")]
fn spawned(init: &mut Init, client: PortId, number: u64) {
    init.link(&client);
    init.rcv("hello", move |ctx: &mut Ctx<FnPort>, (n,): (u64,)| {
        ctx.snd(&client, ("hello", number, n));
    });
}

impl Lab {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let network = Memory::new();
        let config = Config::new()
            .nodeid("lab")
            .secret("geheim")
            .transport(Nowhere)
            .transport(network.clone())
            .bind("mem:lab")
            .connect_timeout(Duration::from_millis(20));
        let node = runtime.block_on(Node::configure(config)).expect("a valid configuration");
        node.on_connect("Fuzz::take", async |_: DataConn, (_,): (String,)| {});
        node.register("Fuzz::called", |call| drop(call.message.values()));
        let _in_runtime = runtime.enter();
        let port = node.port_fn(|_, _| {});
        drop(node.grp_reg("fuzz", port.id()));
        Self { runtime, network, node, conversations: 0 }
    }

    /// Says all of this over one connection, and listens until the node has closed it.
    fn converse(&mut self, said: &[u8]) {
        self.conversations += 1;
        let all = self.runtime.block_on(async {
            let limit = Duration::from_secs(20);
            tokio::time::timeout(limit, talk(&self.network, said)).await
        });
        assert!(all.is_ok(), "the node does not close the connection");
        assert!(!self.node.is_shut_down());
    }
}

async fn talk(network: &Memory, said: &[u8]) {
    let address = "mem:lab".parse().expect("an address");
    let stream = network.dial(&address).await.expect("the node listens");
    let (mut reader, mut writer) = stream.split();
    let say = async move {
        // The node may close the connection at any time.
        drop(writer.write_all(said).await);
        drop(writer.shutdown().await);
    };
    let mut heard = [0; 4096];
    let listen = async { while matches!(reader.read(&mut heard).await, Ok(1..)) {} };
    tokio::join!(say, listen);
}

/// In the place of TCP: the addresses in what is made up are nobody's.
struct Nowhere;

#[async_trait]
impl Transport for Nowhere {
    fn scheme(&self) -> &str {
        "tcp"
    }

    async fn dial(&self, _: &Address) -> io::Result<Box<dyn Stream>> {
        Err(io::ErrorKind::ConnectionRefused.into())
    }

    async fn bind(&self, _: &Address) -> io::Result<Box<dyn Listener>> {
        Err(io::ErrorKind::AddrNotAvailable.into())
    }
}
