//! Data connections between a node of ours and one as the Perl implementation has them: either
//! asks, and either dials.

use crate::peer::{Dials, Options, Python, connected};
use crate::support::{PATIENCE, SECRET, soon};
use aemp_actor::prelude::*;
use aemp_actor::{DataConn, DataConnError};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Adler-32, continued.
fn checksum(sum: u32, bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (sum & 0xffff, sum >> 16);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    (b << 16) | a
}

/// What `Peer::sum_up` does.
fn serve(node: &Node) {
    node.on_connect("Rust::sum_up", async |mut conn: DataConn, (word, n): (String, u32)| {
        let (mut bytes, mut length, mut sum) = (vec![0; 4096], 0, 1);
        loop {
            match conn.read(&mut bytes).await? {
                0 => break,
                read => (length, sum) = (length + read, checksum(sum, &bytes[..read])),
            }
        }
        conn.write_all(json!([word, n, length, sum]).to_string().as_bytes()).await?;
        conn.shutdown().await?;
        Ok(())
    });
}

async fn upload(node: &Node, python: &Python) -> Json {
    let conn = node.connect_to(python.id.as_str(), PATIENCE, "Peer::sum_up", ("a;b%", 7));
    let conn = soon("a connection", conn).await.unwrap();
    assert_eq!(conn.peer(), python.id.as_str());
    let (mut reader, mut writer) = conn.into_split();
    let bytes: Vec<u8> = (0..300_000u32).map(|n| (n % 249) as u8).collect();
    let mut answer = String::new();
    let write = async {
        writer.write_all(&bytes).await.unwrap();
        writer.shutdown().await.unwrap();
    };
    let read = async { reader.read_to_string(&mut answer).await.unwrap() };
    soon("the copy", async { tokio::join!(write, read) }).await;
    let answer: Json = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer, json!(["a;b%", 7, bytes.len(), checksum(1, &bytes)]));
    answer
}

async fn download(node: &Node, python: &mut Python) {
    let command = json!({
        "do": "upload", "node": node.id().as_str(), "init": "Rust::sum_up", "args": ["x", "9"],
        "size": 300_000,
    });
    let result = python.ask(command).await;
    let answer: Json = serde_json::from_str(result["answer"].as_str().unwrap()).unwrap();
    assert_eq!(answer, json!(["x", 9, 300_000, result["checksum"]]));
}

/// Both listen: whoever asks dials.
#[tokio::test]
async fn whoever_asks_dials() {
    for dials in [Dials::Rust, Dials::Python] {
        let style = json!({ "loose": true });
        let (node, mut python) = connected(dials, Options::new("py").set("style", style)).await;
        serve(&node);
        upload(&node, &python).await;
        download(&node, &mut python).await;
    }
}

/// One of them listens nowhere, and dials when it is asked to, or when it asks.
#[tokio::test]
async fn nodes_without_listeners_dial() {
    let options = Options::new("py").set("bind", json!([]));
    let (node, mut python) = connected(Dials::Python, options).await;
    serve(&node);
    upload(&node, &python).await;
    download(&node, &mut python).await;
    drop((node, python));

    let mut python = Options::new("py").start().await;
    let config = Config::new().nodeid("rust").secret(SECRET).seed(python.address());
    let node = Node::configure(config).await.unwrap();
    soon("the nodes to connect", node.wait_up("py")).await;
    serve(&node);
    upload(&node, &python).await;
    download(&node, &mut python).await;
}

/// What the other side refuses reaches the one who asked.
#[tokio::test]
async fn refusals_are_told() {
    let (node, mut python) = connected(Dials::Python, Options::new("py")).await;
    serve(&node);
    for (init, args, text) in [
        ("Rust::nope", json!([]), "node rust has no function \"Rust::nope\" for data connections"),
        ("Rust::sum_up", json!(["x"]), "argument 2 is missing"),
    ] {
        let port = python.port("report").await;
        python.mon(&port).await;
        let message = json!(["AnyEvent::MP::DataConn::_expect", "id", port, 5, init]);
        let message = [message.as_array().unwrap().clone(), args.as_array().unwrap().clone()];
        python.snd("rust", message.concat().into()).await;
        let reason = python.death(&port).await;
        assert_eq!(reason[0], "AnyEvent::MP::DataConn");
        assert!(reason[1].as_str().unwrap().contains(text), "{reason}");
    }
    // The Perl implementation finds out that there is no such function when the connection is
    // there.
    let short = std::time::Duration::from_millis(200);
    let conn = node.connect_to("py", short, "Peer::nope", ());
    match soon("it", conn).await {
        Ok(mut conn) => assert_eq!(conn.read(&mut [0; 8]).await.unwrap_or(0), 0),
        Err(error) => assert!(matches!(error, DataConnError::Timeout { .. }), "{error}"),
    }
}
