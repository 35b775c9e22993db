//! QUIC: streams that behave as those of TCP do, and what only QUIC can.

#[path = "support/udp_proxy.rs"]
mod udp_proxy;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use aemp_transport::{Address, BoxStream, Listener, Quic, Scheme, Transport};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UdpSocket;
use udp_proxy::UdpProxy;

/// How long anything may take on a very busy machine. Nothing waits that long unless it fails.
const PATIENCE: Duration = Duration::from_secs(60);

async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(result) => result,
        Err(_) => panic!("waited in vain for {what}"),
    }
}

fn address(text: &str) -> Address {
    text.parse().expect(text)
}

fn quic(at: SocketAddr) -> Address {
    address(&format!("quic:{at}"))
}

fn socket(address: &Address) -> SocketAddr {
    address.text().parse().expect("an IP address and a port")
}

async fn listen(transport: &Quic) -> (Box<dyn Listener>, Address) {
    let listener = transport.bind(&address("quic:127.0.0.1:0")).await.expect("bound");
    let local = listener.local_addresses().remove(0);
    (listener, local)
}

/// A connection through `address`, and what the listener has made of it. One byte has been sent.
async fn connect(
    transport: &Quic,
    listener: &mut dyn Listener,
    address: &Address,
) -> (BoxStream, BoxStream) {
    let dialled = async {
        let mut near = transport.dial(address).await.expect("dialled");
        near.write_all(b"!").await.expect("written");
        near
    };
    let accepted = async {
        let mut far = listener.accept().await.expect("accepted");
        assert_eq!(far.read_u8().await.expect("read"), b'!');
        far
    };
    soon("a connection", async { tokio::join!(dialled, accepted) }).await
}

async fn pair() -> (Box<dyn Listener>, BoxStream, BoxStream) {
    let transport = Quic::new();
    let (mut listener, local) = listen(&transport).await;
    let (near, far) = connect(&transport, &mut *listener, &local).await;
    for stream in [&near, &far] {
        // As after a handshake: until then little is read ahead.
        stream.keep_alive(PATIENCE).expect("it is kept alive");
    }
    (listener, near, far)
}

#[tokio::test]
async fn a_stranger_fills_no_memory() {
    let transport = Quic::new();
    let (mut listener, local) = listen(&transport).await;
    let (mut near, mut far) = connect(&transport, &mut *listener, &local).await;
    let mut taken = 0;
    let stuck = async {
        loop {
            taken += near.write(&[7; 16 << 10]).await.expect("written");
        }
    };
    // Less time takes less: a busy machine cannot make this fail.
    assert!(tokio::time::timeout(std::time::Duration::from_millis(500), stuck).await.is_err());
    far.keep_alive(PATIENCE).expect("it is kept alive");
    let (wrote, read) = (
        taken,
        soon("what was written", async {
            let mut bytes = vec![0; taken.min(64 << 10)];
            far.read_exact(&mut bytes).await.expect("read");
            bytes.len()
        })
        .await,
    );
    assert!(wrote < 1 << 20 && read > 0, "{wrote} bytes were taken of a stranger");
}

#[tokio::test]
async fn each_direction_ends_by_itself() {
    let (_listener, near, far) = pair().await;
    assert_eq!((near.transport(), far.transport()), ("quic", "quic"));
    let ((mut near_in, mut near_out), (mut far_in, mut far_out)) = (near.split(), far.split());
    near_out.write_all(b"ping").await.expect("written");
    near_out.shutdown().await.expect("shut down");
    let mut heard = Vec::new();
    soon("the end", far_in.read_to_end(&mut heard)).await.expect("read");
    assert_eq!(heard, b"ping");
    far_out.write_all(b"pong").await.expect("written");
    drop((far_in, far_out));
    heard.clear();
    soon("the end", near_in.read_to_end(&mut heard)).await.expect("read");
    assert_eq!(heard, b"pong");
}

#[tokio::test]
async fn a_half_that_is_dropped_leaves_the_other() {
    let (_listener, near, far) = pair().await;
    let ((mut near_in, near_out), (far_in, mut far_out)) = (near.split(), far.split());
    drop((near_out, far_in));
    far_out.write_all(b"still here").await.expect("written");
    far_out.shutdown().await.expect("shut down");
    let mut heard = Vec::new();
    soon("the end", near_in.read_to_end(&mut heard)).await.expect("read");
    assert_eq!(heard, b"still here");
}

/// Bytes without a pattern.
fn bytes(count: usize, mut state: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        bytes.extend_from_slice(&state.rotate_right(29).to_be_bytes());
    }
    bytes.truncate(count);
    bytes
}

async fn send_all(mut to: impl AsyncWrite + Unpin, bytes: Vec<u8>) {
    to.write_all(&bytes).await.expect("written");
    to.shutdown().await.expect("shut down");
}

async fn all_of(mut from: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).await.expect("read");
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn much_goes_both_ways_at_once() {
    // More than the windows hold.
    const MUCH: usize = 20 << 20;
    let (_listener, near, far) = pair().await;
    let ((near_in, near_out), (far_in, far_out)) = (near.split(), far.split());
    let (there, back) = (bytes(MUCH, 1), bytes(MUCH, 2));
    tokio::spawn(send_all(near_out, there.clone()));
    tokio::spawn(send_all(far_out, back.clone()));
    let heard = soon("all of it", async { tokio::join!(all_of(far_in), all_of(near_in)) });
    assert!(heard.await == (there, back), "what was read is what was written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_before_a_drop_arrives() {
    // More than can be on its way at first, and more than the reader has taken by then.
    let sent = bytes(1 << 20, 3);
    for _ in 0..5 {
        let (_listener, mut near, far) = pair().await;
        near.write_all(&sent).await.expect("written");
        drop(near);
        assert!(soon("all of it", all_of(far)).await == sent, "nothing is lost");
    }
}

#[tokio::test]
async fn a_peer_that_is_gone_is_noticed_at_once() {
    let (_listener, mut near, far) = pair().await;
    drop(far);
    let end = soon("the end", near.read(&mut [0; 8])).await;
    assert_eq!(end.expect("no error"), 0);
    let error = soon("an error", async {
        loop {
            if let Err(error) = near.write_all(&[0; 1024]).await {
                return error;
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(error.await.kind(), ErrorKind::ConnectionAborted);
}

#[tokio::test]
async fn both_ends_know_the_session_and_nobody_else() {
    let transport = Quic::new();
    let (mut listener, local) = listen(&transport).await;
    let mut exporters = Vec::new();
    for _ in 0..2 {
        let (near, far) = connect(&transport, &mut *listener, &local).await;
        assert_eq!(near.peer_address(), Some(local.text().to_owned()));
        assert!(far.peer_address().is_some_and(|from| from.starts_with("127.0.0.1:")));
        let (near, far) = (near.session().expect("one"), far.session().expect("one"));
        assert_eq!(near.exporter, far.exporter);
        assert!(near.certificate.is_some() && far.certificate.is_some());
        assert!(!near.trusted && !far.trusted);
        exporters.push(near.exporter);
    }
    assert_ne!(exporters[0], exporters[1]);
}

#[tokio::test]
async fn wildcards_and_names_listen() {
    let transport = Quic::new();
    for text in ["quic:*:*", "quic:localhost:0", "quic:127.0.0.1:*"] {
        let mut listener = transport.bind(&address(text)).await.expect(text);
        let local = listener.local_addresses();
        assert!(!local.is_empty());
        for found in &local {
            assert_eq!(found.scheme(), Scheme::Quic);
            assert!(!found.text().contains('*') && !found.text().ends_with(":0"));
            assert!(!found.text().starts_with("0.0.0.0"));
        }
        let port = socket(&local[0]).port();
        let near = address(&format!("quic:localhost:{port}"));
        connect(&transport, &mut *listener, &near).await;
        if text.contains("*:") {
            connect(&transport, &mut *listener, &quic(([127, 0, 0, 1], port).into())).await;
        }
    }
    let error = transport.dial(&address("quic:*:4040")).await.err().expect("not to be dialled");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let error = transport.dial(&address("127.0.0.1:4040")).await.err().expect("no QUIC");
    assert_eq!(error.to_string(), "127.0.0.1:4040 is no address for quic");
}

#[tokio::test]
async fn nobody_answers() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.expect("bound");
    let transport = Quic::new().dial_limit(Duration::from_millis(100));
    let nowhere = quic(silent.local_addr().expect("bound"));
    let error = soon("an error", transport.dial(&nowhere)).await.err().expect("nobody answers");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "no answer within 100ms");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_connections_at_once() {
    let transport = Quic::new();
    let (mut listener, local) = listen(&transport).await;
    let diallers: Vec<_> = (0..40u64)
        .map(|n| {
            let (transport, local) = (transport.clone(), local.clone());
            tokio::spawn(async move {
                let mut stream = transport.dial(&local).await.expect("dialled");
                stream.write_u64(n).await.expect("written");
                assert_eq!(stream.read_u64().await.expect("read"), n * n);
            })
        })
        .collect();
    for _ in &diallers {
        let mut stream = soon("a connection", accept_impatiently(&mut *listener)).await;
        tokio::spawn(async move {
            let n = stream.read_u64().await.expect("read");
            stream.write_u64(n * n).await.expect("written");
        });
    }
    for dialler in diallers {
        soon("an answer", dialler).await.expect("no panic");
    }
}

/// Drops `accept` whenever it is not ready at once.
async fn accept_impatiently(listener: &mut dyn Listener) -> BoxStream {
    loop {
        tokio::select! {
            biased;
            stream = listener.accept() => return stream.expect("accepted"),
            () = tokio::task::yield_now() => {}
        }
    }
}

#[tokio::test]
async fn a_listener_that_is_dropped_leaves_its_connections() {
    let transport = Quic::new().dial_limit(Duration::from_secs(1));
    let (mut listener, local) = listen(&transport).await;
    let (mut near, mut far) = connect(&transport, &mut *listener, &local).await;
    drop(listener);
    assert!(soon("an end", transport.dial(&local)).await.is_err());
    far.write_all(b"x").await.expect("written");
    assert_eq!(soon("a byte", near.read_u8()).await.expect("read"), b'x');
    drop((near, far));
    soon("the port to be free", async {
        while transport.bind(&local).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn noise_and_idlers_hold_up_nobody() {
    let transport = Quic::new();
    let (mut listener, local) = listen(&transport).await;
    let noise = UdpSocket::bind("127.0.0.1:0").await.expect("bound");
    for bytes in (1..40).map(|n| bytes(n * 37, n as u64)) {
        noise.send_to(&bytes, socket(&local)).await.expect("sent");
    }
    // These never open a stream.
    let mut idlers = Vec::new();
    for _ in 0..3 {
        idlers.push(soon("a dial", transport.dial(&local)).await.expect("dialled"));
    }
    connect(&transport, &mut *listener, &local).await;
}

/// A client or server that speaks something else.
mod stranger {
    use std::sync::Arc;

    use quinn::crypto::rustls::QuicServerConfig;
    use rustls::pki_types::PrivatePkcs8KeyDer;

    /// Listens, and speaks another protocol.
    pub(crate) fn server() -> quinn::Endpoint {
        let key = rcgen::KeyPair::generate().expect("a key");
        let params = rcgen::CertificateParams::new(vec!["x".to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("signed").der().clone();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a certificate");
        tls.alpn_protocols = vec![b"h3".to_vec()];
        let tls = QuicServerConfig::try_from(tls).expect("a QUIC configuration");
        let config = quinn::ServerConfig::with_crypto(Arc::new(tls));
        quinn::Endpoint::server(config, ([127, 0, 0, 1], 0).into()).expect("bound")
    }
}

#[tokio::test]
async fn another_protocol_is_refused() {
    let server = stranger::server();
    let at = quic(server.local_addr().expect("bound"));
    let served = tokio::spawn(async move {
        let incoming = server.accept().await.expect("somebody knocks");
        incoming.await.expect_err("no common protocol").to_string()
    });
    let error = soon("a refusal", Quic::new().dial(&at)).await.err().expect("refused");
    assert!(error.to_string().contains("any known protocol"), "{error}");
    let problem = soon("the other side", served).await.expect("no panic");
    assert!(problem.contains("any known protocol"), "{problem}");
}

#[tokio::test]
async fn silence_ends_a_connection() {
    let transport = Quic::new().monitor_timeout(Duration::from_secs(2));
    let (mut listener, local) = listen(&transport).await;
    let proxy = UdpProxy::before(socket(&local)).await;
    let dialled = quic(proxy.address());
    let (mut near, mut far) = connect(&transport, &mut *listener, &dialled).await;
    // Nothing is said for longer than that: the transport gives signs of life of its own.
    soon("signs of life", proxy.more(20)).await;
    proxy.set_dark(true);
    let (mut first, mut second) = ([0; 1], [0; 1]);
    let ends = async { tokio::join!(near.read(&mut first), far.read(&mut second)) };
    let (near_end, far_end) = soon("the ends", ends).await;
    for error in [near_end.expect_err("lost"), far_end.expect_err("lost")] {
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(error.to_string(), "nothing came from the peer for too long");
    }
}

#[tokio::test]
async fn a_dialler_that_moves_keeps_its_connection() {
    let transport = Quic::new();
    let (mut listener, local) = listen(&transport).await;
    let proxy = UdpProxy::before(socket(&local)).await;
    let (mut near, mut far) = connect(&transport, &mut *listener, &quic(proxy.address())).await;
    let before = far.peer_address();
    for round in 0..3u64 {
        proxy.rebind().await;
        near.write_u64(round).await.expect("written");
        assert_eq!(soon("a number", far.read_u64()).await.expect("read"), round);
        far.write_u64(round).await.expect("written");
        assert_eq!(soon("an answer", near.read_u64()).await.expect("read"), round);
    }
    assert_ne!(far.peer_address(), before);
}
