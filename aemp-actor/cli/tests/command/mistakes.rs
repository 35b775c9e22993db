//! Typical mistakes, each with what is said of it: on the command line, in the configuration file, at
//! the shell's prompt, in code. Commands are given a timeout that no test waits for, so that what
//! fails has to fail at once.

use std::pin::pin;
use std::process::Stdio;
use std::task::{Context, Poll, Waker};

use crate::home::counter::Counter;
use crate::home::{Done, Home};
use crate::support::{SECRET, death, soon, tcp_node};
use aemp_actor::JoinError;
use aemp_actor::prelude::*;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

/// Longer than any test may take.
const NEVER: &str = "3600";

/// What is typed behind `aemp`, the exit code, and a part of what is said of it.
type Typed<'a> = (&'a [&'a str], i32, &'a str);

const COMMAND_LINE: [Typed<'_>; 27] = [
    (&[], 2, "Usage: aemp [OPTIONS] COMMAND"),
    (&["ndoes"], 2, "a similar subcommand exists: 'nodes'"),
    (&["nods"], 2, "a similar subcommand exists: 'nodes'"),
    (&["ls"], 2, "a similar subcommand exists: 'nodes'"),
    (&["status"], 2, "a similar subcommand exists: 'doctor'"),
    (&["versions"], 2, "a similar subcommand exists: 'version'"),
    (&["nodes", "--watch", "5"], 2, "unexpected argument '5' found"),
    (&["setseed", "h:1"], 2, "unrecognized subcommand 'setseed'"),
    (&["cal"], 2, "the following required arguments were not provided:\n  <PORT>"),
    (&["nodes", "--jsno"], 2, "unexpected argument '--jsno' found"),
    (&["--timeout"], 2, "a value is required for '--timeout <SECONDS>'"),
    (&["--timeout", "0", "nodes"], 2, "a number of seconds above 0"),
    (&["ports", "a", "--sort", "age"], 2, "[possible values: name, waiting, bytes, handled]"),
    (&["nodes"], 5, "has no seeds: aemp addseed HOST:PORT, or --seed"),
    (&["--seed", "127.0.0.1:1", "nodes"], 5, "has no secret: aemp setsecret, or AEMP_SECRET"),
    (&["--profile", "porduction", "nodes"], 1, "did you mean \"production\"?"),
    (&["showprofile", "nobody"], 1, "there is no profile \"nobody\""),
    (&["setseeds", "host:http"], 2, "seeds: invalid port in the address"),
    (&["setnodeid", "my node"], 2, "nodeid: \"my node\" is not a node ID"),
    (&["setsecret", "pZ4vQ8mT2xK7cW9rB5nH3jD6"], 2, "secret: everybody on this machine can see"),
    (&["setmonitor_timeout", "30s"], 2, "a number of seconds is needed, such as 30 or 0.5"),
    (&["setmax_packet", "1"], 2, "max_packet: at least 1024, not 1"),
    (&["setcert", "/no/such/file"], 1, "cannot read /no/such/file"),
    (&["setparent", "base"], 2, "aemp profile NAME setparent PARENT"),
    (&["run", "nodeid"], 1, "nodeid is a key, whose value is missing"),
    (&["run", "production", "prot", "4040"], 2, "no such key: prot"),
    (&["run", "production"], 5, "secret: a node with binds or seeds needs the network's secret"),
];

/// Runs `aemp` with this standard input; killed if it has not ended soon.
async fn ended(home: &Home, arguments: &[&str], input: &str) -> Done {
    let mut command = tokio::process::Command::from(home.command());
    command.args(arguments).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // What reads nothing may have ended already.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()).await);
    let done = soon(&format!("{arguments:?} {input}"), child.wait_with_output()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done { code: done.status.code().unwrap_or(-1), out: text(done.stdout), err: text(done.stderr) }
}

#[tokio::test]
async fn on_the_command_line() {
    let home = Home::new().set("AEMP_TIMEOUT", NEVER);
    home.run(&["profile", "production", "setbinds", "127.0.0.1:0"]).text();
    let before = home.config();
    for (typed, code, says) in COMMAND_LINE {
        let said = ended(&home, typed, "").await.failed(code);
        assert!(said.contains(says), "{typed:?}: {said}");
    }
    assert_eq!(home.config(), before, "no mistake changes the file");
}

/// What the file has, and a part of what `check` says of it: where it is, what is wrong, and behind
/// the arrow what to do.
const FILES: [(&str, &str); 14] = [
    ("{\n  'seeds': []\n}", ":2:3: error: a single quote\n    → put keys in double quotes"),
    ("{\n  seeds: []\n}", ":2:3: error: a key without quotes"),
    ("{\n  // mine\n}", ":2:3: error: a slash\n    → begin comments with #"),
    ("{\n  \"nodeid\": \"a\"\n  \"binds\": []\n}", ":3:3: error: a comma is missing"),
    ("{\n  \"seeds\": [\"h:1\"\n}", ":3:1: error: a comma is missing\n    → the list before it"),
    ("{\n  \"stls\": yes\n}", ":2:11: error: a bare word: yes\n    → write true, or 1"),
    ("{ \"secert\": \"kX3vPq8sTz5wRb2n\" }", "did you mean \"secret\"?"),
    ("{ \"seeds\": [\"h:http\"] }", ":1:13: error: seeds: invalid port"),
    ("{ \"seeds\": [\"h:1\", \"h:0\"] }", ":1:20: error: seeds: nobody can dial h:0"),
    ("{ \"monitor_timeout\": \"30s\" }", "monitor_timeout: a number of seconds is needed"),
    ("{ \"cert\": \"/etc/aemp.pem\" }", ":1:3: error: cert: "),
    ("{ \"profile\": { \"a\": { \"parent\": \"b\" } } }", "the parent \"b\", which does not exist"),
    ("{ \"profile\": { \"a\": { \"parent\": \"a\" } } }", "are a circle: a → a"),
    (
        "{ \"nodeid\": \"a\", \"nodeid\": \"b\" }",
        ":1:18: warning: the key \"nodeid\" is there twice",
    ),
];

#[test]
fn in_the_file() {
    let home = Home::new();
    for (text, says) in FILES {
        home.write_private(text);
        let said = home.run(&["check"]);
        assert!(said.out.contains(says), "{text}: {said:?}");
        assert_eq!(said.code == 5, said.out.contains(": error: "), "{said:?}");
        assert_eq!(home.config(), text);
    }
}

/// What is typed at the prompt of a shell, and what is said of it.
const PROMPT: [(&str, &str); 16] = [
    ("spwan alpha", "error: there is no command spwan: did you mean spawn? See help"),
    ("dance", "error: there is no command dance: see help"),
    ("snd", "error: the following required arguments were not provided:"),
    ("help dance", "error: there is no command dance: see help"),
    ("cancel 7", "error: there is no job 7: see jobs"),
    ("ls", "error: there is no command ls: did you mean nodes? See help"),
    ("status", "error: there is no command status: did you mean doctor? See help"),
    ("cal 'alpha count", "error: the single quote before alpha count is not closed"),
    ("cal alpha [1,", "error: the JSON that begins with [1, has no end"),
    ("cal 'al pha#x' y", "error: \"al pha\" is not a node ID"),
    ("cal alpha#gone x", "error: no such port: alpha#gone"),
    ("cal alpha inof", "error: alpha does not answer: unknown request"),
    ("cal alpha Demo::gone", "no function of that name is registered here"),
    ("spawn alpha Demo::gone", "Demo::gone"),
    ("kil alpha", "error: a node port cannot be killed: alpha"),
    ("log shouting", "error: invalid value 'shouting' for '[LEVEL]'"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_prompt() {
    let node = tcp_node("alpha").await;
    let home = Home::with_seed(&node.listeners()[0]);
    for (typed, says) in PROMPT {
        let done = ended(&home, &["--timeout", NEVER, "shell"], &format!("{typed}\n")).await;
        assert!(done.out.contains(says), "{typed}: {done:?}");
        assert_eq!(done.code, 1, "{typed}: {done:?}");
    }
}

#[test]
fn in_settings() {
    let config = || Config::new().secret(SECRET);
    for (wrong, says) in [
        (
            Config::new().seed("h:1"),
            "secret: a node with binds or seeds needs the network's secret",
        ),
        (Config::new().nodeid("my node"), "nodeid: \"my node\" is not a node ID"),
        (config().bind("127.0.0.1"), "bind: "),
        (config().seed("h:http"), "seed: invalid port in the address"),
        (config().seed("h:*"), "seed: nobody can dial h:*: write HOST:PORT"),
        (config().node("a", "*:1"), "node: nobody can dial *:1: write HOST:PORT"),
        (config().announce("h:1"), "announce: this node listens nowhere: set Config::bind, too"),
        (config().bind("*:1").announce("*:1"), "announce: others cannot dial *:1"),
        (config().seed("quic:h:1"), "set Config::quic (feature quic)"),
        (config().prefer(["pigeon"]), "prefer: no transport is named \"pigeon\""),
        (config().certificate_file("/no/such/file"), "/no/such/file"),
    ] {
        let said = wrong.validate().unwrap_err().to_string();
        assert!(said.contains(says), "{said}: not {says}");
    }
    let mut configure = pin!(Node::configure(Config::new()));
    match configure.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Err(error)) => {
            assert_eq!(error.to_string(), "a node must be made inside a tokio runtime");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn in_setting_a_node_up() {
    let alpha = tcp_node("alpha").await;
    let config = || Config::new().secret(SECRET);
    for (wrong, says) in [
        (config().service("Demo::gone", ()), "this program has no function \"Demo::gone\""),
        (config().service("Demo::", ()), "name one of its functions, as Demo::run"),
        (config().bind(&alpha.listeners()[0]), "bind: cannot listen on"),
    ] {
        let said = Node::configure(wrong).await.unwrap_err().to_string();
        assert!(said.contains(says), "{said}: not {says}");
    }
}

#[tokio::test]
async fn in_joining() {
    let alpha = tcp_node("alpha").await;
    for (wrong, says) in [
        (Config::new().secret("another").seed(&alpha.listeners()[0]), "wrong secret"),
        (Config::new().secret(SECRET).seed("127.0.0.1:1"), "refused"),
    ] {
        let node = Node::configure(wrong).await.unwrap();
        let joined = soon(says, node.joined_unless(JoinError::is_refused)).await;
        let said = joined.unwrap_err().to_string();
        assert!(said.contains(says), "{said}: not {says}");
    }
}

#[tokio::test(start_paused = true)]
async fn in_calls() {
    let (node, begun) = (Node::local(), Instant::now());
    let counter = node.port(Counter { count: 1 });
    let gone = node.port(Counter { count: 1 });
    node.kil(&gone, ());
    assert!(death(&node, &gone).reason().await.is_normal());
    let count = |request: &[&str]| node.cal::<(i64,)>(&counter, request);
    for (call, says) in [
        (count(&["cuont"]), "unknown tag (did you mean \"count\"?), expected one of add, count"),
        (count(&["add"]), "add"),
        (count(&["add", "many"]), "add"),
        (count(&[]), "tag"),
        (node.cal(&gone, ("count",)), "does not exist"),
        (node.cal(node.id(), ("inof",)), "does not answer: unknown request"),
        (node.cal(node.id(), ("Demo::gone",)), "no function of that name is registered here"),
        (node.cal(&counter, ("ask",)), "waits for itself: it answers when this handler has ended"),
        (
            node.cal(node.port(Counter { count: 1 }), ("fail", "out of paper")),
            "died before it answered: die: out of paper",
        ),
    ] {
        let said = call.await.unwrap_err().to_string();
        assert!(said.contains(says), "{said}: not {says}");
    }
    let said = node
        .cal::<(Vec<i64>,)>(node.port(Counter { count: 1 }), ("count",))
        .await
        .unwrap_err()
        .to_string();
    assert!(said.contains("is not what was expected"), "{said}");
    let spawned = node.spawn(node.id(), "Demo::gone", ());
    let said = death(&node, &spawned).reason().await.to_string();
    assert!(said.contains("Demo::gone"), "{said}");
    assert!(begun.elapsed().is_zero(), "{:?}", begun.elapsed());
}
