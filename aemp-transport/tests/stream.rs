//! Transports: the same behaviour of memory and TCP.

use std::io::ErrorKind;

use aemp_transport::{Address, Memory, Scheme, Tcp, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn address(text: &str) -> Address {
    text.parse().expect(text)
}

/// Dials a listener, says something in both directions, and ends them one after the other.
async fn talk(transport: &dyn Transport, bind: &str) {
    let mut listener = transport.bind(&address(bind)).await.expect("bound");
    let dialled = listener.local_addresses().remove(0);
    let (near, far) = tokio::join!(transport.dial(&dialled), listener.accept());
    let (near, far) = (near.expect("dialled"), far.expect("accepted"));
    assert_eq!(near.transport(), transport.scheme());
    let ((mut near_in, mut near_out), (mut far_in, mut far_out)) = (near.split(), far.split());
    near_out.write_all(b"ping").await.expect("written");
    near_out.shutdown().await.expect("shut down");
    let mut heard = Vec::new();
    far_in.read_to_end(&mut heard).await.expect("read");
    assert_eq!(heard, b"ping");
    far_out.write_all(b"pong").await.expect("written");
    drop((far_in, far_out));
    heard.clear();
    near_in.read_to_end(&mut heard).await.expect("read");
    assert_eq!(heard, b"pong");
}

#[tokio::test]
async fn both_directions() {
    talk(&Tcp, "127.0.0.1:0").await;
    talk(&Tcp, "tcp:localhost:*").await;
    talk(&Memory::new(), "mem:alpha").await;
}

#[tokio::test]
async fn wildcards_listen_and_resolve() {
    let listener = Tcp.bind(&address("*:*")).await.expect("bound");
    let local = listener.local_addresses();
    assert!(!local.is_empty());
    for found in local {
        assert_eq!(found.scheme(), Scheme::Tcp);
        let text = found.to_string();
        assert!(!text.contains('*') && !text.ends_with(":0") && !text.starts_with("0.0.0.0"));
    }
    let error = Tcp.dial(&address("*:4040")).await.err().expect("not to be dialled");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn nobody_listens() {
    let memory = Memory::new();
    drop(memory.bind(&address("mem:alpha")).await.expect("bound"));
    let error = memory.dial(&address("mem:alpha")).await.err().expect("refused");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    let listener = Tcp.bind(&address("127.0.0.1:0")).await.expect("bound");
    let local = listener.local_addresses().remove(0);
    drop(listener);
    let error = Tcp.dial(&local).await.err().expect("refused");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn one_listener_per_address() {
    let memory = Memory::new();
    let _listener = memory.bind(&address("mem:alpha")).await.expect("bound");
    let error = memory.clone().bind(&address("mem:alpha")).await.err().expect("taken");
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(Memory::new().bind(&address("mem:alpha")).await.is_ok(), "another network");
    assert_eq!(
        memory.dial(&address("127.0.0.1:1")).await.err().map(|error| error.kind()),
        Some(ErrorKind::InvalidInput)
    );
}

#[tokio::test]
async fn tcp_knows_its_peers() {
    let mut listener = Tcp.bind(&address("127.0.0.1:0")).await.expect("bound");
    let local = listener.local_addresses().remove(0);
    let (near, far) = tokio::join!(Tcp.dial(&local), listener.accept());
    assert_eq!(near.expect("dialled").peer_address(), Some(local.to_string()));
    assert!(far.expect("accepted").peer_address().is_some_and(|a| a.starts_with("127.0.0.1:")));
}
