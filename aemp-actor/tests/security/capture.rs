//! What somebody who listens on the way gets to see.
#![cfg(feature = "tls")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use crate::support::{SECRET, sink, soon};
use aemp_actor::prelude::*;
use aemp_actor::{Certificates, Require, generate_certificate};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const WORDS: &str = "the eagle lands at noon";
const TAG: &str = "secret_meeting";

/// Passes connections on, and keeps what was said on them.
struct Capture {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Capture {
    async fn of(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, heard) = (listener.local_addr().unwrap(), Arc::default());
        let capture = Self { address, heard: Arc::clone(&heard) };
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(&target).await.unwrap();
                let ((near_in, near_out), (far_in, far_out)) =
                    (near.into_split(), far.into_split());
                tokio::spawn(pass(near_in, far_out, Arc::clone(&heard)));
                tokio::spawn(pass(far_in, near_out, Arc::clone(&heard)));
            }
        });
        capture
    }

    fn has(&self, text: &[u8]) -> bool {
        let heard = self.heard.lock().unwrap();
        heard.windows(text.len()).any(|window| window == text)
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    heard: Arc<Mutex<Vec<u8>>>,
) {
    let mut chunk = vec![0; 64 << 10];
    while let Ok(bytes @ 1..) = from.read(&mut chunk).await {
        heard.lock().unwrap().extend_from_slice(&chunk[..bytes]);
        if to.write_all(&chunk[..bytes]).await.is_err() {
            break;
        }
    }
    drop(to.shutdown().await);
}

/// Has two nodes talk through a capture.
async fn talk(alpha: Config, beta: Config) -> Capture {
    let alpha = Node::configure(alpha.nodeid("alpha").bind("127.0.0.1:0")).await.unwrap();
    let capture = Capture::of(alpha.listeners().remove(0)).await;
    let seed = capture.address.to_string();
    let beta = Node::configure(beta.nodeid("beta").seed(seed)).await.unwrap();
    soon("the nodes to connect", alpha.wait_up("beta")).await;
    let mut at_alpha = sink(&alpha);
    let mut at_beta = sink(&beta);
    soon("the nodes to connect", beta.wait_up("alpha")).await;
    alpha.snd(&at_beta, (TAG, WORDS));
    beta.snd(&at_alpha, (TAG, WORDS));
    for sink in [&mut at_alpha, &mut at_beta] {
        assert_eq!(sink.next().await, format!(r#"["{TAG}","{WORDS}"]"#));
    }
    capture
}

fn config() -> Config {
    Config::new().secret(SECRET)
}

#[tokio::test]
async fn no_message_can_be_read_on_the_default_connection() {
    let pem = generate_certificate("any").unwrap();
    let certified = || config().certificates(Certificates::from_pem(&pem).unwrap());
    for make in [&config as &dyn Fn() -> Config, &certified] {
        let capture = talk(make(), make()).await;
        assert!(capture.has(b"aemp;1;alpha;"), "the greeting is for all to see");
        let hex = hex::encode(WORDS);
        let known =
            [WORDS, TAG, &hex, SECRET, crate::support::HEX_SECRET, "mon1", "AnyEvent::MP", "lands"];
        for known in known {
            assert!(!capture.has(known.as_bytes()), "{known} was to be read");
        }
    }
}

/// The same search finds what is not encrypted.
#[tokio::test]
async fn a_plain_connection_can_be_read() {
    let plain = || config().stls(false).require(Require::None);
    let capture = talk(plain(), plain()).await;
    for known in [WORDS, TAG, "mon1"] {
        assert!(capture.has(known.as_bytes()), "{known}");
    }
    assert!(!capture.has(SECRET.as_bytes()) && !capture.has(crate::support::HEX_SECRET.as_bytes()));
}
