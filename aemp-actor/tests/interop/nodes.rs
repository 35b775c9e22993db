//! A node of ours and a node written in Python from the protocol alone: everything works whichever
//! side dials, with each auth method, and however the other side writes its JSON.

use std::collections::BTreeMap;

use crate::peer::{Dials, Options, Python, connected};
use crate::support::{death, sink, soon, until};
use aemp_actor::prelude::*;
use serde_json::json;

/// Sends back what it is sent, after a hello.
#[init("Interop::echo")]
fn echo(ctx: &mut Init, client: PortId, word: String, number: i64) {
    ctx.snd(&client, ("hello", word, number));
    ctx.rcv_default(move |ctx, message| ctx.snd(&client, message));
}

#[init("Interop::failing")]
fn failing(what: String) -> Result<(), Die> {
    Err(die!("no {what} today"))
}

/// Adds up.
#[derive(Port, Default)]
struct Adder {
    sum: i64,
}

#[rcv]
impl Adder {
    fn add(&mut self, n: i64) {
        self.sum += n;
    }

    fn sum(&self) -> i64 {
        self.sum
    }

    fn mean(&self, of: f64) -> f64 {
        (of + 1.0) / 2.0
    }

    fn fail(&self, text: String) -> Result<(), Die> {
        Err(die!("{text}"))
    }
}

/// Runs `test` with each side dialling, and with each way of writing.
async fn each(test: impl AsyncFn(Node, Python)) {
    let styles = [
        json!({}),
        json!({ "spaced": true, "ascii": true }),
        json!({ "loose": true }),
        json!({ "cut": 5, "spaced": true }),
    ];
    for dials in [Dials::Rust, Dials::Python] {
        for style in &styles {
            println!("{dials:?} dials, style {style}");
            let options = Options::new("python").set("style", style.clone());
            let (node, python) = connected(dials, options).await;
            test(node, python).await;
        }
    }
}

#[tokio::test]
async fn each_auth_method_works_whichever_side_dials() {
    for dials in [Dials::Rust, Dials::Python] {
        for method in ["hmac_md6_64_256", "hmac_sha3_512", "cleartext"] {
            let (node, mut python) = connected(dials, Options::new("python").auth(method)).await;
            let expected = if method == "cleartext" { "hmac_md6_64_256" } else { method };
            python.event("up", json!({ "node": "rust", "auth": expected })).await;
            let answer = node.cal::<(f64,)>("python", ("time",));
            assert!(soon("the time", answer).await.unwrap().0 > 1e9);
            assert!(python.cal("rust", json!(["time"])).await["answer"][0].is_number());
        }
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused_by_both() {
    let node = crate::support::tcp_node("rust").await;
    let mut python =
        Options::new("python").set("secret", "falsch").seed(&node.listeners()[0]).start().await;
    python.event("refused", json!({})).await;
    assert!(node.up_nodes().is_empty());
}

#[tokio::test]
async fn messages_go_both_ways_whole_and_in_order() {
    each(async |node, mut python| {
        let there = python.port("report").await;
        let mut here = sink(&node);
        let bytes: String = (0..=255_u8).map(char::from).collect();
        let nested = json!({ "a": [1, -2.5, null, "xéy", true], "": {}, "€": [[], {}] });
        node.snd(&*there, ("nested", &nested, bytes.as_str(), u64::MAX, i64::MIN));
        let received = python.message(&there).await;
        assert_eq!(received, json!(["nested", nested, bytes, u64::MAX, i64::MIN]));
        python
            .snd(&here.id.to_string(), json!(["text", "xéy \" \\ \u{1F600} \u{0}\n]", [[], {}]]))
            .await;
        let message = here.message().await;
        let (text, lists): (String, (Vec<u8>, BTreeMap<String, u8>)) = message.args().unwrap();
        assert_eq!((text.as_str(), lists.1.len()), ("xéy \" \\ \u{1F600} \u{0}\n]", 0));
        let numbers: Vec<_> = (0..500_i64).collect();
        for n in &numbers {
            node.snd(&*there, ("n", n));
        }
        for n in &numbers {
            assert_eq!(python.message(&there).await, json!(["n", n]));
        }
        let to = here.id.to_string();
        python.ask(json!({ "do": "snd", "to": to, "message": ["n", "$n"], "times": 500 })).await;
        for n in &numbers {
            assert_eq!(here.message().await.args::<(i64,)>().unwrap(), (*n,));
        }
    })
    .await;
}

#[tokio::test]
async fn bytes_arrive_as_bytes() {
    each(async |node, mut python| {
        let bytes: Vec<u8> = (0..=255).collect();
        let text: String = bytes.iter().copied().map(char::from).collect();
        let there = python.port("report").await;
        node.snd(&*there, vec![Value::from("bytes"), Value::Bytes(bytes.clone().into())]);
        assert_eq!(python.message(&there).await, json!(["bytes", text]));
        let mut here = sink(&node);
        python.snd(&here.id.to_string(), json!(["bytes", text])).await;
        let (received,): (bytes::Bytes,) = here.message().await.args().unwrap();
        assert_eq!(&received[..], bytes);
    })
    .await;
}

#[tokio::test]
async fn requests_are_answered_both_ways() {
    each(async |node, mut python| {
        let adder = node.port(Adder::default());
        let id = adder.id().to_string();
        for n in 1..=10 {
            python.snd(&id, json!(["add", n])).await;
        }
        assert_eq!(python.cal(&id, json!(["sum"])).await, json!({ "answer": [55] }));
        assert_eq!(python.cal(&id, json!(["mean", 2])).await, json!({ "answer": [1.5] }));
        let answering = python.port("answer").await;
        let answer = node.cal::<(String, i64)>(&*answering, ("seven", 7));
        assert_eq!(soon("the answer", answer).await.unwrap(), ("seven".into(), 7));
        let died = python.cal(&id, json!(["fail", "worn out"])).await;
        assert_eq!(died["died"][0], "die");
        assert!(died["died"][1].as_str().unwrap().contains("worn out"), "{died}");
        let dying = python.port("die").await;
        let error = soon("the failure", node.cal::<(u8,)>(&*dying, ("luck",))).await.unwrap_err();
        assert!(error.to_string().contains("out of luck"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn every_request_to_the_node_port_works_on_both() {
    let (node, mut python) = connected(Dials::Python, Options::new("python")).await;
    let mut here = sink(&node);
    let there = python.port("report").await;
    let requests = [
        json!(["info", "TO", "x"]),
        json!(["known_nodes", "TO", "x"]),
        json!(["up_nodes", "TO", "x"]),
        json!(["snd", "TO", "x", 1]),
        json!(["eval", "die", "TO", "x"]),
    ];
    for request in requests {
        let to = |port: &str| request.to_string().replace("TO", port);
        let ours: serde_json::Value = serde_json::from_str(&to(&there)).unwrap();
        python.snd("rust", ours).await;
        let from_rust = python.message(&there).await;
        let theirs: serde_json::Value = serde_json::from_str(&to(&here.id.to_string())).unwrap();
        node.snd("python", &theirs);
        let from_python: serde_json::Value = serde_json::from_str(&here.next().await).unwrap();
        println!("{request}: {from_rust} {from_python}");
        assert_eq!((&from_rust[0], &from_python[0]), (&json!("x"), &json!("x")));
        assert_eq!(
            from_rust.as_array().map(Vec::len),
            from_python.as_array().map(Vec::len),
            "{request}: {from_rust}, {from_python}"
        );
    }
    let several = json!(["snd_multiple", [there, "a"], [there, "b", 2]]);
    python.snd("rust", several).await;
    assert_eq!(python.message(&there).await, json!(["a"]));
    assert_eq!(python.message(&there).await, json!(["b", 2]));
    for nothing in [json!([]), json!(["devnull", 1]), json!([""])] {
        python.snd("rust", nothing).await;
    }
    python.ask(json!({ "do": "raw", "node": "rust", "text": "[] [\n]\t[\"\"][\"\",null]" })).await;
    assert!(python.cal("rust", json!(["time"])).await["answer"][0].is_number());
}

#[tokio::test]
async fn a_port_of_either_side_that_ends_is_noticed_with_its_reason() {
    each(async |node, mut python| {
        for reason in [json!([]), json!(["done", "enough", "3.."])] {
            let port = node.port(Adder::default());
            let id = port.id().to_string();
            python.mon(&id).await;
            python.ask(json!({ "do": "kil", "port": id, "reason": reason })).await;
            assert_eq!(python.death(&id).await, reason);
            let there = python.port("report").await;
            let ended = death(&node, &*there);
            // The monitor is there, when this is answered.
            node.cal::<(f64,)>("python", ("time",)).await.unwrap();
            python.ask(json!({ "do": "kil", "port": there, "reason": reason })).await;
            let ended = ended.reason().await;
            assert_eq!(ended.is_normal(), reason == json!([]), "{ended}");
        }
        let there = python.port("report").await;
        let ended = death(&node, &*there);
        node.kil(&*there, ("tired", "of it"));
        assert_eq!(ended.text().await, "tired: of it");
        assert_eq!(death(&node, &*there).reason().await.kind(), "no_such_port");
        python.mon("rust#nonsense").await;
        assert_eq!(python.death("rust#nonsense").await[0], "no_such_port");
        let port = node.port(Adder::default()).id().to_string();
        python.mon(&port).await;
        python.ask(json!({ "do": "unmon", "port": port })).await;
        python.ask(json!({ "do": "kil", "port": port })).await;
        python.cal("rust", json!(["time"])).await;
        assert_eq!(python.has("died"), None);
    })
    .await;
}

#[tokio::test]
async fn spawning_by_name_works_both_ways() {
    each(async |node, mut python| {
        let mut here = sink(&node);
        let port = node.spawn("python", "::echo", (&here.id, "word", 7));
        assert!(here.next().await.starts_with(r#"["hello","python#"#));
        node.snd(&port, ("again", 1));
        assert_eq!(here.message().await.args::<(String, i64)>().unwrap(), ("again".into(), 1));
        let client = python.port("report").await;
        let spawn = json!({ "do": "spawn", "node": "rust", "init": "Interop::echo",
                            "args": [client, "word", 7] });
        let spawned = python.ask(spawn).await;
        let spawned = spawned.as_str().unwrap();
        assert_eq!(python.message(&client).await, json!(["hello", "word", 7]));
        python.snd(spawned, json!(["back", { "a": [1] }])).await;
        assert_eq!(python.message(&client).await[0], "back");
        python.ask(json!({ "do": "kil", "port": spawned })).await;
        assert_eq!(python.death(spawned).await, json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_failing_or_unknown_function_kills_what_it_was_to_make() {
    each(async |node, mut python| {
        for (init, text) in [("::failing", "no beer today"), ("::unknown", "::unknown")] {
            let reason = death(&node, node.spawn("python", init, ("beer",))).reason().await;
            assert_failed(reason.kind(), &reason.text(), text);
        }
        for (init, text) in [("Interop::failing", "no 1 today"), ("Interop::none", "Interop::none")]
        {
            let spawn = json!({ "do": "spawn", "node": "rust", "init": init, "args": ["1"] });
            let port = python.ask(spawn).await;
            let reason = python.death(port.as_str().unwrap()).await;
            assert_failed(reason[0].as_str().unwrap(), reason[1].as_str().unwrap(), text);
        }
    })
    .await;
}

/// Asserts why a port died that could not be made. It may have died before it was monitored: the
/// two requests need not arrive at once.
fn assert_failed(kind: &str, text: &str, expected: &str) {
    if kind != "no_such_port" {
        assert_eq!(kind, "die");
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn functions_are_called_by_name_both_ways() {
    let (node, mut python) = connected(Dials::Rust, Options::new("python")).await;
    node.register("Interop::where", |call| {
        let reply: PortId = call.message.arg(0).unwrap();
        call.node.snd(reply, ("you are", call.from.unwrap().as_str()));
    });
    let expected = json!({ "answer": ["you are", "python"] });
    assert_eq!(python.cal("rust", json!(["Interop::where"])).await, expected);
    let answer = node.cal::<(String, String)>("python", ("Peer::where",));
    assert_eq!(soon("the answer", answer).await.unwrap().1, "rust");
    python.snd("rust", json!(["Nobody::knows", 1])).await;
    until("the connection to stay", || node.node_is_up("python")).await;
}

#[test]
fn its_hashes_are_the_recorded_ones() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peer/test_hashes.py");
    let vectors =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../aemp-transport/tests/vectors/hashes.json");
    let checked = std::process::Command::new("python3").args(["-B", folder, vectors]).output();
    let checked = checked.expect("the interoperability tests need python3 in PATH");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
