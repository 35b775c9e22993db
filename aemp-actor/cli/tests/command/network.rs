//! The commands that talk to a network, as processes, with nodes of this process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::home::Home;
use crate::home::counter::Counter;
use crate::support::{RawListener, death, sink, soon, tcp_node, until};
use aemp_actor::prelude::*;
use serde_json::json;

#[init("Network::counter")]
fn counter(start: i64) -> Counter {
    Counter { count: start }
}

/// A command that has said in its log that it watches; the log is held open.
async fn watch(home: &Home, arguments: &[&str]) -> (Child, impl Sized + use<>) {
    let mut command = home.command();
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut watching = command.spawn().unwrap();
    // It says so when the other node has been told.
    let mut log = BufReader::new(watching.stderr.take().unwrap()).lines();
    let log = tokio::task::spawn_blocking(move || {
        let up = log.find(|line| line.as_ref().is_ok_and(|line| line.contains("watching")));
        (up, log)
    });
    let (up, log) = soon("the watcher", log).await.unwrap();
    assert!(up.is_some());
    (watching, log)
}

/// What it has printed when it has ended.
async fn printed(command: Child) -> String {
    let done = tokio::task::spawn_blocking(move || command.wait_with_output().unwrap());
    let done = soon("the end of the command", done).await.unwrap();
    String::from_utf8(done.stdout).unwrap()
}

/// A node, and a home whose configuration leads to it.
async fn network() -> (Node, Home) {
    let node = tcp_node("alpha").await;
    let home = Home::with_seed(&node.listeners()[0]);
    (node, home)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_sent_and_requests_answered() {
    let (node, home) = network().await;
    let port = PortId::from(&node.port(Counter { count: 1 })).to_string();
    let text = home.aemp(&["snd", &port, "add", "4"]).await.text();
    assert_eq!(text, "");
    assert_eq!(home.aemp(&["cal", &port, "count"]).await.text(), "5");
    assert_eq!(home.aemp(&["--json", "cal", &port, "count"]).await.json(), json!([5]));
    assert_eq!(home.aemp(&["cal", "alpha", "info"]).await.text(), "\"alpha\"");
    let mut sink = sink(&node);
    let id = sink.id.to_string();
    home.aemp(&["snd", &id, "tag", "7", "[7,null]", "\"[\"", "{\"a\":true}"]).await.text();
    assert_eq!(soon("the message", sink.next()).await, r#"["tag","7",[7,null],"[",{"a":true}]"#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_said() {
    let (node, home) = network().await;
    let text = home.aemp(&["snd", "alpha#gone", "x"]).await.failed(1);
    assert_eq!(text, "aemp: no such port: alpha#gone");
    let text = home.aemp(&["cal", "alpha#gone", "x"]).await.failed(1);
    assert_eq!(text, "aemp: no such port: alpha#gone");
    let text = home.aemp(&["mon", "alpha#gone"]).await.failed(1);
    assert_eq!(text, "aemp: no such port: alpha#gone");
    // The last timeout counts: this one is short, since nothing tells that a node will never come.
    let text = home.aemp(&["--timeout", "2", "snd", "beta#x", "y"]).await.failed(1);
    assert_eq!(text, "aemp: no node beta; there is alpha");
    let text = home.aemp(&["--timeout", "600", "cal", "alpha", "inof"]).await.failed(1);
    assert_eq!(text, "aemp: alpha does not answer: unknown request");
    let text = home.aemp(&["--timeout", "600", "cal", "alpha", "No::such"]).await.failed(1);
    assert!(text.ends_with("no function of that name is registered here"), "{text}");
    let port = node.port(Counter { count: 5 }).to_string();
    let text = home.aemp(&["--timeout", "600", "cal", &port, "cuont"]).await.failed(1);
    assert!(
        text.contains("unknown tag (did you mean \"count\"?), expected one of add, count"),
        "{text}"
    );
    assert_eq!(home.aemp(&["snd", &port, "ad", "1"]).await.code, 0);
    assert_eq!(home.aemp(&["cal", &port, "count"]).await.text(), "5", "it lives");
    let text = home.aemp(&["snd", "a b#x", "y"]).await.failed(2);
    assert!(text.contains("is not a node ID"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_without_an_answer_times_out() {
    let (node, home) = network().await;
    let silent = node.port_fn(|_, _| ()).id().to_string();
    let text = home.aemp(&["--timeout", "2", "cal", &silent, "x"]).await.failed(3);
    assert!(text.starts_with(&format!("aemp: no answer from {silent} within")), "{text}");
    let text = home.aemp(&["--timeout", "2", "mon", &silent]).await.failed(3);
    assert!(text.contains("is still alive"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ports_are_spawned_watched_and_killed() {
    let (node, home) = network().await;
    let port = home.aemp(&["spawn", "alpha", "Network::counter", "40"]).await.text();
    assert!(port.starts_with("alpha#"), "{port}");
    assert_eq!(home.aemp(&["cal", &port, "count"]).await.text(), "40");
    let text = home.aemp(&["spawn", "alpha", "No::such"]).await.failed(1);
    assert!(text.contains("no init function"), "{text}");
    let (watching, _log) = watch(&home, &["--json", "-v", "mon", &port]).await;
    home.aemp(&["kil", &port, "my_error", "bye"]).await.text();
    let told: serde_json::Value =
        serde_json::from_str(&printed(watching).await).unwrap_or_default();
    assert_eq!(told, json!({ "port": port, "reason": ["my_error", "bye"] }));
    let gone = death(&node, port.as_str());
    assert_eq!(soon("the news", gone.reason()).await.kind(), "no_such_port");
    let text = home.aemp(&["kil", &port]).await.failed(1);
    assert!(text.contains("no such port"), "{text}");
    let text = home.aemp(&["kil", "alpha"]).await.failed(2);
    assert!(text.contains("a node port cannot be killed"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_dies_of_a_message_is_reported() {
    let (node, home) = network().await;
    let port = PortId::from(&node.port(Counter { count: 1 })).to_string();
    let text = home.aemp(&["cal", &port, "fail", "oh dear"]).await.failed(1);
    assert!(text.contains("died: die: oh dear"), "{text}");
}

/// Nobody clears the screen of others, or has them read lines that nobody else wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn control_characters_of_others_are_shown() {
    const TEXT: &str = "a\x1b[2J\u{9b}b\nalpha: forged";
    const SHOWN: &str = "a\\u001b[2J\\u009bb\\nalpha: forged";
    let (node, home) = network().await;
    let port = PortId::from(&node.port(Counter { count: 1 }));
    let (watching, _log) = watch(&home, &["-v", "mon", &port.to_string()]).await;
    node.kil(&port, ("bad", TEXT));
    assert_eq!(printed(watching).await, format!("bad: {SHOWN}\n"));
    let port = PortId::from(&node.port(Counter { count: 1 })).to_string();
    let text = home.aemp(&["cal", &port, "fail", TEXT]).await.failed(1);
    assert_eq!(text, format!("aemp: {port} died: die: {SHOWN}"));
    // JSON means what it says.
    let told = node.grp_reg("a\u{9b}b", node.port_fn(|_, _| ()).id()).unwrap();
    assert!(home.aemp(&["groups"]).await.text().contains("a\\u009bb"));
    let json = home.aemp(&["--json", "groups"]).await.text();
    assert!(json.contains("a\\u009bb") && !json.contains('\u{9b}'), "{json}");
    assert!(serde_json::from_str::<serde_json::Value>(&json).unwrap().get("a\u{9b}b").is_some());
    told.cancel();
}

/// What other nodes log is a line each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_lines_are_not_forged() {
    use tracing_subscriber::prelude::*;
    let own = tracing_subscriber::filter::filter_fn(|line| line.target() == "mine");
    tracing_subscriber::registry().with(aemp_actor::log::layer().with_filter(own)).init();
    let (_node, home) = network().await;
    let mut command = home.command();
    let command = command.args(["--timeout", "60", "log", "4", "--count", "1"]);
    let logging = command.stdout(Stdio::piped()).spawn().unwrap();
    let printed = tokio::spawn(printed(logging));
    while !printed.is_finished() {
        tracing::error!(target: "mine", "one\nalpha \x1b[2J two");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let text = printed.await.unwrap();
    assert!(text.ends_with(" [alpha] error mine: one\\nalpha \\u001b[2J two\n"), "{text:?}");
    assert_eq!(text.lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_to_come_and_did_not_is_a_matter_of_time() {
    let (node, home) = network().await;
    let silent = node.port_fn(|_, _| ()).id().to_string();
    let tap = ["--timeout", "3", "tap", &silent];
    let counted = ["--timeout", "3", "tap", &silent, "--count", "2"];
    let (log, tap, endless_log, endless_tap) = tokio::join!(
        home.aemp(&["--timeout", "3", "log", "0", "--count", "1"]),
        home.aemp(&counted),
        home.aemp(&["--timeout", "3", "log", "0"]),
        home.aemp(&tap),
    );
    assert_eq!(log.failed(3), "aemp: only 0 of 1 log lines came within 3s");
    assert_eq!(tap.failed(3), "aemp: only 0 of 2 messages came within 3s");
    // Nothing was to come.
    assert_eq!((endless_log.text(), endless_tap.text()), (String::new(), String::new()));
}

/// A seed that tells no news of the mesh: it has answered, and joining is not done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seed_that_answers_is_not_said_to_be_silent() {
    let seed = RawListener::bind().await;
    let home = Home::with_seed(&seed.address());
    let command = home.aemp(&["--timeout", "3", "nodes"]);
    let answers = async {
        let mut peer = seed.accept().await;
        peer.shake_hands("alpha", "").await;
        peer.closed().await
    };
    let (done, _) = tokio::join!(command, answers);
    let text = done.failed(4);
    let expected =
        "aemp: the network is not joined within 3s (--timeout), although 1 node is connected";
    assert!(text.starts_with(expected), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_groups_and_connections_are_shown() {
    let (alpha, home) = network().await;
    let beta = Config::new().nodeid("beta").secret(crate::support::SECRET).bind("127.0.0.1:0");
    let beta = Node::configure(beta.seed(&alpha.listeners()[0])).await.unwrap();
    soon("the mesh", beta.joined()).await.unwrap();
    let members = [alpha.port_fn(|_, _| ()).id(), beta.port_fn(|_, _| ()).id()];
    alpha.grp_reg("chat", &members[0]).unwrap();
    beta.grp_reg("chat", &members[1]).unwrap();
    until("the group", || alpha.grp_get("chat").len() == 2).await;
    let text = home.aemp(&["nodes"]).await.text();
    let rows: Vec<Vec<&str>> = text.lines().map(|row| row.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["NODE", "STATE", "ADDRESS", "RTT", "QUEUE", "PROTECTION"]);
    for (row, node) in rows[1..].iter().zip([&alpha, &beta]) {
        assert_eq!(row[..3], [node.id().as_str(), "up", &node.listeners()[0]], "{text}");
        assert!(row[3].ends_with("ms") && row[5..] == ["tcp", "stls"], "{text}");
        // An answer to a question of that node may wait to be written.
        assert!(row[4].parse::<u32>().is_ok(), "{text}");
    }
    let json = home.aemp(&["--json", "nodes"]).await.json();
    for (entry, node) in json.as_array().unwrap().iter().zip([&alpha, &beta]) {
        assert_eq!((&entry["node"], &entry["state"]), (&json!(node.id()), &json!("up")));
        assert_eq!(entry["addresses"], json!(node.listeners()));
        assert!(entry["round_trip"]["smoothed"].is_f64(), "{json}");
        assert_eq!(entry["connection"]["dialled"], true);
    }
    let text = home.aemp(&["groups"]).await.text();
    assert_eq!(text, format!("GROUP  PORT\nchat   {}\n       {}", members[0], members[1]));
    let json = home.aemp(&["--json", "groups", "chat"]).await.json();
    assert_eq!(json, json!({ "chat": [members[0].to_string(), members[1].to_string()] }));
    let text = home.aemp(&["groups", "other"]).await.failed(1);
    assert!(text.contains("no such group"), "{text}");
    let json = home.aemp(&["--json", "trace", "alpha"]).await.json();
    let neighbours = |node: &str| -> Vec<String> {
        let list = json[node].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned());
        // Commands that ended a moment ago may still be there.
        list.filter(|id| !id.starts_with("anon/")).collect()
    };
    assert_eq!(
        (neighbours("alpha"), neighbours("beta")),
        (vec!["beta".to_owned()], vec!["alpha".to_owned()])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_are_not_connected_have_an_address_at_most() {
    let (_alpha, home) = network().await;
    // Nobody listens there.
    let home = home.set("AEMP_NODES", r#"{"beta":"127.0.0.1:1"}"#);
    let text = home.aemp(&["nodes"]).await.text();
    let row: Vec<&str> = text.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(row, ["beta", "known", "127.0.0.1:1", "-", "-", "-"], "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn networks_that_cannot_be_joined() {
    let (node, home) = network().await;
    home.run_with("other", &["setsecret", "-"]).text();
    let text = home.aemp(&["nodes"]).await.failed(4);
    let file = home.file().display().to_string();
    assert!(text.contains("cannot join the network") && text.contains(&file), "{text}");
    home.run_with(crate::support::SECRET, &["setsecret", "-"]).text();
    let address = node.listeners()[0].clone();
    let nobody = Home::new();
    let text = nobody.aemp(&["nodes"]).await.failed(5);
    assert!(text.contains("has no seeds: aemp addseed HOST:PORT, or --seed"), "{text}");
    let text = nobody.aemp(&["--seed", &address, "nodes"]).await.failed(5);
    assert!(text.contains("has no secret: aemp setsecret"), "{text}");
    let text = nobody.aemp(&["--profile", "x", "nodes"]).await.failed(1);
    assert!(text.contains("there is no profile \"x\""), "{text}");
    let home = home.set("AEMP_SECRET", crate::support::SECRET).set("AEMP_SEEDS", &address);
    home.aemp(&["nodes"]).await.text();
    node.shutdown(std::time::Duration::ZERO).await;
    // Told at once, and not after the timeout.
    let text = home.aemp(&["--timeout", "600", "nodes"]).await.failed(4);
    let expected = format!("aemp: cannot join the network: cannot connect to {address}: ");
    assert!(text.starts_with(&expected) && text.contains("refused"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_without_seeds_is_joined_at_its_binds() {
    let (node, _) = network().await;
    let home = Home::new();
    let address = &node.listeners()[0];
    let set = ["setsecret", "-", "profile", "one", "setbinds", address, "setnodeid", "alpha"];
    home.run_with(crate::support::SECRET, &set).text();
    // The node ID of the profile is the other node's.
    assert_eq!(home.aemp(&["--profile", "one", "cal", "alpha", "time"]).await.code, 0);
    let text = home.aemp(&["profile", "one", "nodes"]).await.text();
    assert!(text.lines().count() == 2 && text.contains("\nalpha  up "), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_the_profile_is_enough() {
    let home = Home::new();
    home.run(&["gencert", "setrequire", "certificate", "profile", "server"]).text();
    home.run(&["profile", "server", "setnodeid", "alpha", "setbinds", "127.0.0.1:*"]).text();
    let profiles = aemp_actor::Profiles::open_at(home.file()).unwrap();
    let node = Config::new().profile_of(&profiles, "server").unwrap();
    let node = Node::configure(node).await.unwrap();
    home.run(&["setseeds", &node.listeners()[0]]).text();
    let text = home.aemp(&["nodes"]).await.text();
    assert!(text.ends_with("tcp TLS"), "{text}");
    let text = home.aemp(&["nodes", "--wide"]).await.text();
    assert!(text.ends_with("tcp TLS 1.3, certificate tls_sha3_512"), "{text}");
    home.run(&["gencert"]).text();
    let text = home.aemp(&["nodes"]).await.failed(4);
    assert!(text.contains("cannot join the network"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn code_is_evaluated_by_a_foreign_node() {
    let python = crate::peer::Options::new("python").start().await;
    let home = Home::with_seed(python.address());
    assert_eq!(home.aemp(&["eval", "python", "[7,", "'x']"]).await.text(), "[7,\"x\"]");
    let json = home.aemp(&["--json", "eval", "python", "[7,", "'x']"]).await.json();
    assert_eq!(json, json!([[7, "x"]]));
    let text = home.aemp(&["eval", "python", "$$"]).await.failed(1);
    assert_eq!(text, "aemp: python: no Perl here: $$");
    let (_node, ours) = network().await;
    let text = ours.aemp(&["eval", "alpha", "1"]).await.failed(1);
    assert_eq!(text, "aemp: alpha: eval is not supported by this node");
}

/// The test is the watchdog: it starts the node again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_of_the_reference_is_restarted_by_its_watchdog() {
    let (node, home) = network().await;
    let options =
        || crate::peer::Options::new("perl").seed(&node.listeners()[0]).set("watchdog", true);
    let perl = options().start().await;
    soon("the node", node.wait_up("perl")).await;
    let mut events = node.node_events();
    let again = async {
        perl.ended().await;
        // The command has to see that the node is away.
        while events.next().await.expect("an event").node().as_str() != "perl" {}
        options().start().await
    };
    let (done, _perl) = tokio::join!(home.aemp(&["restart", "perl"]), again);
    assert_eq!(done.text(), "node perl is back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_of_the_reference_without_a_watchdog_says_so() {
    let (node, home) = network().await;
    for (watchdog, problem) in [
        (json!(false), "aemp: node perl: not running under a watchdog"),
        (json!("missing"), "aemp: node perl: Can't locate AnyEvent/Watchdog/Util.pm in @INC"),
    ] {
        let options = crate::peer::Options::new("perl").seed(&node.listeners()[0]);
        let mut perl = options.set("watchdog", watchdog).start().await;
        soon("the node", node.wait_up("perl")).await;
        let text = home.aemp(&["restart", "perl"]).await.failed(1);
        assert!(text.starts_with(problem), "{text}");
        // It goes on as it was.
        assert_eq!(perl.cal("alpha", json!(["info"])).await, json!({ "answer": ["alpha"] }));
        perl.kill().await;
        until("it is gone", || !node.up_nodes().contains(&"perl".into())).await;
    }
}
