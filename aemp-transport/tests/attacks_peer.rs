//! Peers without the secret: they replay, reflect, downgrade, or talk nonsense.
#![cfg(feature = "tls")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{
    AuthMethod, BoxStream, EstablishError, HandshakeConfig, Nonces, Secret, establish,
    generate_certificate,
};
use support::streams::lines;
use support::{LIMIT, raw_tls, tcp};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const GREETING: &str = "aemp;1;mallory;tls_hmac_sha3_512,hmac_sha3_512;json;stls=1\n";

/// A node whose nonce is `M`: above `A`, below `Z`.
fn config() -> HandshakeConfig {
    let mut config = HandshakeConfig::new("alpha", "geheim");
    config.nonces = Nonces::from_fn(|| "M".to_owned());
    config
}

/// What the node says of a peer that does that.
async fn refuses<F: Future<Output = ()>>(attack: impl FnOnce(BoxStream) -> F) -> String {
    let (near, far) = tcp().await;
    let (refused, ()) =
        tokio::join!(establish(near, Arc::new(config()), LIMIT, |_| true), attack(far));
    refused.expect_err("refused").to_string()
}

/// Greets as Mallory, and gives the node's greeting.
async fn greet(stream: &mut BoxStream, nonce: &str) -> Vec<u8> {
    let greeting = format!("{GREETING}{nonce}\n");
    stream.write_all(greeting.as_bytes()).await.expect("written");
    lines(stream, 2).await
}

/// Says that, and waits until the node closes.
async fn say(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) {
    let _ = stream.write_all(bytes).await;
    let _ = stream.flush().await;
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

#[tokio::test]
async fn the_nodes_own_proof_comes_back() {
    let refused = refuses(async |mut far| {
        let greeting = GREETING.replace(";stls=1", "");
        far.write_all(format!("{greeting}Z\n").as_bytes()).await.expect("written");
        lines(&mut far, 2).await;
        let proof = lines(&mut far, 1).await;
        say(far, &proof).await;
    })
    .await;
    assert_eq!(refused, "wrong secret (hmac_sha3_512 of node \"mallory\" does not verify)");
    let refused = refuses(async |mut far| {
        greet(&mut far, "A").await;
        let mut tls = raw_tls::client(far).await.expect("TLS");
        let proof = lines(&mut tls, 1).await;
        say(tls, &proof).await;
    })
    .await;
    assert_eq!(refused, "wrong secret (tls_hmac_sha3_512 of node \"mallory\" does not verify)");
}

/// Somebody who knows the secret, but speaks of another session: as one in the middle would have
/// to. With the right one he is believed.
#[tokio::test]
async fn the_exporter_has_to_be_that_of_the_session() {
    for right in [false, true] {
        let (near, mut far) = tcp().await;
        let peer = async {
            let theirs = greet(&mut far, "A").await;
            let mut tls = raw_tls::client(far).await.expect("TLS");
            let mut exporter = [0; 32];
            if right {
                let state = tls.get_ref().1;
                exporter = state
                    .export_keying_material(exporter, b"EXPORTER-aemp", Some(b""))
                    .expect("exported");
            }
            let binding = format!("{}\n", hex(&exporter));
            let own = format!("{GREETING}A\n");
            let second = [theirs.as_slice(), binding.as_bytes()].concat();
            let proof =
                AuthMethod::TlsHmacSha3_512.prove(&Secret::from("geheim"), own.as_bytes(), &second);
            let line = format!("tls_hmac_sha3_512;{proof};json\n");
            tls.write_all(line.as_bytes()).await.expect("written");
            tls.flush().await.expect("flushed");
            tls
        };
        let (end, _tls) = tokio::join!(establish(near, Arc::new(config()), LIMIT, |_| true), peer);
        match right {
            true => drop(end.expect("believed")),
            false => assert!(end.expect_err("refused").to_string().starts_with("wrong secret")),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// In TLS without certificates only the method that is bound to the session counts, even for
/// somebody who knows the secret.
#[tokio::test]
async fn weaker_methods_inside_of_stls_are_refused() {
    for method in ["hmac_sha3_512", "hmac_md6_64_256", "cleartext", "tls_sha3_512", "tls_anon"] {
        let refused = refuses(async |mut far| {
            let theirs = greet(&mut far, "A").await;
            let own = format!("{GREETING}A\n");
            let tls = raw_tls::client(far).await.expect("TLS");
            let named: AuthMethod = method.parse().expect(method);
            let proof = named.prove(&Secret::from("geheim"), own.as_bytes(), &theirs);
            say(tls, format!("{method};{proof};json\n").as_bytes()).await;
        })
        .await;
        assert_eq!(
            refused,
            format!(
                "authentication method {method} used by node \"mallory\" does not fit a \
                 connection with the protection stls (TLS 1.3, no certificate)"
            )
        );
    }
}

#[tokio::test]
async fn a_peer_that_said_stls_and_stays_plain_is_refused() {
    for nonce in ["A", "Z"] {
        let refused = refuses(async |mut far| {
            greet(&mut far, nonce).await;
            say(far, b"cleartext;67656865696d;json\n").await;
        })
        .await;
        assert!(refused.starts_with("no TLS with the peer: "), "{refused}");
    }
}

/// What a node heard in a good session is said again to the same node.
#[tokio::test]
async fn a_recorded_session_is_refused() {
    for stls in [true, false] {
        let config = |node_id: &str, nonce: &'static str| {
            let mut config = HandshakeConfig::new(node_id, "geheim");
            config.stls = stls;
            config.nonces = Nonces::from_fn(move || nonce.to_owned());
            Arc::new(config)
        };
        let (near, mut to_near) = tcp().await;
        let (mut to_far, far) = tcp().await;
        let mut recorded = Vec::new();
        let recording = async {
            let (mut near_in, mut near_out) = tokio::io::split(&mut to_near);
            let (mut far_in, mut far_out) = tokio::io::split(&mut to_far);
            let record = async {
                let mut chunk = [0; 4096];
                while let Ok(bytes @ 1..) = far_in.read(&mut chunk).await {
                    recorded.extend_from_slice(&chunk[..bytes]);
                    let _ = near_out.write_all(&chunk[..bytes]).await;
                }
            };
            tokio::join!(record, tokio::io::copy(&mut near_in, &mut far_out)).0
        };
        let ends = async {
            let (near, far) = tokio::join!(
                establish(near, config("alpha", "M"), LIMIT, |_| true),
                establish(far, config("beta", "A"), LIMIT, |_| true)
            );
            near.expect("alpha");
            far.expect("beta");
        };
        // The ends close when they are done, and so end the recording.
        tokio::join!(recording, ends);

        let (again, far) = tcp().await;
        let (refused, ()) = tokio::join!(
            establish(again, config("alpha", "N"), LIMIT, |_| true),
            say(far, &recorded)
        );
        let refused = refused.expect_err("refused");
        let expected = if stls { "no TLS with the peer" } else { "wrong secret" };
        assert!(refused.to_string().starts_with(expected), "{refused}");
    }
}

#[tokio::test]
async fn nonsense_in_place_of_tls() {
    let oversized = [b"\x16\x03\x03\xff\xff".as_slice(), &[0; 70_000]].concat();
    let many: Vec<u8> = b"\x16\x03\x03\x00\x01\x01".repeat(20_000);
    for nonsense in
        [b"GET / HTTP/1.1\r\n\r\n".to_vec(), vec![0; 100], vec![0xff; 100_000], oversized, many]
    {
        for nonce in ["A", "Z"] {
            let refused = refuses(async |mut far| {
                greet(&mut far, nonce).await;
                say(far, &nonsense).await;
            })
            .await;
            let understood = ["no TLS with the peer", "the peer refused TLS", "connection"];
            assert!(understood.iter().any(|text| refused.starts_with(text)), "{refused}");
        }
    }
}

/// A record in a session that is longer than any may be, and one that was tampered with.
#[tokio::test]
async fn bad_records_end_the_session() {
    for record in
        [b"\x17\x03\x03\xff\xff".as_slice(), b"\x17\x03\x03\x00\x20", b"\x15\x03\x03\x00\x02"]
    {
        let refused = refuses(async |mut far| {
            greet(&mut far, "A").await;
            let (mut raw, _) = raw_tls::client(far).await.expect("TLS").into_inner();
            let record = [record, &[7; 70_000]].concat();
            let _ = raw.write_all(&record).await;
            let _ = raw.read_to_end(&mut Vec::new()).await;
        })
        .await;
        assert!(!refused.is_empty());
    }
}

/// Byte by byte, and never to an end: the whole handshake has one limit.
#[tokio::test]
async fn a_slow_peer_inside_of_tls_is_given_up() {
    let limit = Duration::from_secs(1);
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    let (near, mut far) = tcp().await;
    let peer = async {
        greet(&mut far, "A").await;
        for byte in hello.iter().cycle() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if far.write_all(&[*byte]).await.is_err() {
                return;
            }
        }
    };
    let end = tokio::select! {
        end = establish(near, Arc::new(config()), limit, |_| true) => end,
        () = peer => panic!("the node closed too early"),
    };
    let error = end.expect_err("given up");
    let slow = matches!(error, EstablishError::Timeout { .. } | EstablishError::Tls(_));
    assert!(slow, "{error}");

    let (near, mut far) = tcp().await;
    let peer = async {
        greet(&mut far, "A").await;
        let mut tls = raw_tls::client(far).await.expect("TLS");
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let _ = tls.write_all(b"x").await;
            let _ = tls.flush().await;
        }
    };
    let end = tokio::select! {
        end = establish(near, Arc::new(config()), limit, |_| true) => end,
        () = peer => unreachable!(),
    };
    let error = end.expect_err("given up").to_string();
    assert!(error.ends_with("from the peer within 1s"), "{error}");
}

/// Certificates of nobody in particular are no way in where a secret is asked for.
#[tokio::test]
async fn a_server_of_tls_without_the_secret() {
    let pem = generate_certificate("mallory").expect("made");
    let refused = refuses(async |mut far| {
        greet(&mut far, "Z").await;
        let tls = raw_tls::server(far, &pem).await.expect("TLS");
        say(tls, b"tls_hmac_sha3_512;00;json\n").await;
    })
    .await;
    assert_eq!(refused, "wrong secret (tls_hmac_sha3_512 of node \"mallory\" does not verify)");
}
