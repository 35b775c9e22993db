//! The node program that embeds the command: configured by it, run under its watchdog, operated
//! with it.
#![cfg(unix)]

#[path = "../../tests/support/mod.rs"]
mod support;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use aemp_actor::GroupEvents;
use aemp_actor::prelude::*;
use support::{Program, example};

/// What all nodes share.
const SECRET: &str = "twelve apples, eleven pears and a quince";

/// A folder that is the user's home; removed at the end.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Self {
        let name = format!("aemp-service-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// The program with these arguments, and nothing of the tester's configuration.
    fn service(&self, words: &[&str]) -> Command {
        let mut command = example("service");
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["AEMP_", "PERL_", "XDG_", "NOTIFY_"].iter().any(|own| name.starts_with(own)) {
                command.env_remove(name);
            }
        }
        command.env("HOME", &self.0).env("AEMP_CONNECT_INTERVAL", "0.2").env("AEMP_TIMEOUT", "60");
        command.args(words);
        command
    }

    /// The configuration of all of its nodes, with the secret and this.
    fn set(&self, words: &[&str]) {
        let mut command = self.service(&["setsecret", "-"]);
        command.args(words).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(SECRET.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// Runs it to its end, and gives what it printed.
    fn run(&self, words: &[&str]) -> String {
        let (status, printed) = Program::start(&words.join(" "), self.service(words)).end();
        assert!(status.success(), "{words:?}: {printed}");
        printed
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// The node that the service finds the network through.
async fn seed() -> Node {
    let config = Config::new().nodeid("seed").secret(SECRET).bind("127.0.0.1:0");
    Node::configure(config).await.unwrap()
}

/// Waits until the group has so many members that are not among `before`.
async fn members(events: &mut GroupEvents, number: usize, before: &[PortId]) -> Vec<PortId> {
    let all = async {
        loop {
            let change = events.next().await.expect("a change");
            if change.ports.len() == number && !change.ports.iter().any(|p| before.contains(p)) {
                return change.ports.to_vec();
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all).await.expect("the members")
}

/// What they make of 5.
async fn products(node: &Node, workers: &[PortId]) -> Vec<i64> {
    let mut products = Vec::new();
    for worker in workers {
        let (product,): (i64,) = node.cal(worker, ("multiply", 5)).await.unwrap();
        products.push(product);
    }
    products.sort_unstable();
    products
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_comes_back_until_it_is_told_to_end() {
    let seed = seed().await;
    let mut events = seed.grp_events("workers");
    let home = Home::new("watched");
    home.set(&["setseeds", &seed.listeners()[0]]);
    let services = r#"[["Demo::worker", 4], ["Demo::workers", 2, 10], ["Demo::greeter", "hello"]]"#;
    home.run(&["profile", "demo", "nodeid", "demo", "binds", "127.0.0.1:0", "services", services]);
    let mut watchdog = Program::start("service run demo", home.service(&["run", "demo"]));
    let first = members(&mut events, 3, &[]).await;
    assert_eq!(products(&seed, &first).await, [20, 50, 50]);
    assert!(first.iter().all(|port| port.node().as_str() == "demo"));

    // The command of the same program reaches them, and its functions.
    let one = first[0].to_string();
    assert!(home.run(&["groups", "workers"]).contains(&one));
    assert!(["20", "50"].contains(&&*home.run(&["cal", &one, "multiply", "5"])));
    let greeter = home.run(&["spawn", "demo", "Demo::greeter", "good day"]);
    assert_eq!(home.run(&["cal", &greeter, "greet", "sue"]), "\"good day, sue\"");

    let process = seed.introspect("demo").info().await.unwrap().process.unwrap().pid;
    assert_ne!(process, watchdog.id(), "the watchdog is another process");
    signal("-KILL", process);
    let second = members(&mut events, 3, &first).await;
    watchdog.wait_for("the node is started again");
    assert_eq!(products(&seed, &second).await, [20, 50, 50]);

    assert_eq!(home.run(&["restart", "demo"]), "node demo is back");
    let third = members(&mut events, 3, &second).await;
    assert_eq!(products(&seed, &third).await, [20, 50, 50]);

    signal("-TERM", watchdog.id());
    let (status, printed) = watchdog.end();
    assert!(status.success(), "{printed}");
    members(&mut events, 0, &third).await;
}

#[test]
fn a_service_that_fails_is_named() {
    let home = Home::new("failing");
    home.set(&[]);
    let services = r#"[["Demo::worker", 0]]"#;
    let mut command = home.service(&["run", "--no-watchdog", "demo", "nodeid", "demo"]);
    command.args(["services", services]);
    let mut program = Program::start("service run", command);
    let line = program.wait_for("service Demo::worker ended: die: a worker that multiplies by 0");
    assert!(line.contains("ERROR"), "{line}");
    let (status, printed) = {
        let mut command = home.service(&["run", "demo", "services", "Demo::nobody"]);
        command.arg("--no-watchdog");
        Program::start("service run", command).end()
    };
    assert_eq!(status.code(), Some(5), "{printed}");
    assert!(printed.contains("no function \"Demo::nobody\""), "{printed}");
}

#[test]
fn the_command_has_the_name_of_the_program() {
    let home = Home::new("name");
    let completions = home.run(&["completions", "bash"]);
    let last = completions.lines().rfind(|line| line.trim_start().starts_with("complete "));
    assert!(last.is_some_and(|line| line.ends_with(" service")), "{last:?}");
    assert!(!completions.contains("aemp"), "{completions}");
    let help = home.run(&["--help"]);
    assert!(help.contains("Usage: service [OPTIONS] COMMAND"), "{help}");
    assert!(help.contains("  service gensecret profile"), "{help}");
    let help = home.run(&["run", "--help"]);
    assert!(help.contains("Usage: service run [OPTIONS]"), "{help}");
    let version = home.run(&["--version"]);
    assert!(version.starts_with("service (aemp-actor "), "{version}");
    let (status, printed) = Program::start("service", home.service(&["run", "a", "b", "c"])).end();
    assert_eq!((status.code(), printed.as_str()), (Some(2), "service: no such key: b"));
}

fn signal(signal: &str, process: u32) {
    let status = Command::new("kill").args([signal, &process.to_string()]).status();
    assert!(status.unwrap().success());
}

/// A node with this verbosity, after something of each level has happened to it: the levels that it
/// has logged.
async fn logged(seed: &Node, id: &str, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let home = Home::new(id);
    home.set(&["setseeds", &seed.listeners()[0]]);
    let mut command = home.service(&["run", "--no-watchdog"]);
    command.args(arguments).args([id, "nodeid", id, "services", r#"[["Demo::worker", 0]]"#]);
    command.envs(variables.iter().copied());
    let mut program = Program::start(id, command);
    let up = tokio::time::timeout(Duration::from_secs(60), seed.wait_up(id));
    up.await.expect("it comes up");
    // It warns of the one, and tells of the other who wants to know it all. What is said of its
    // service, and that it runs, is said before.
    seed.snd(id, ("No::such", 1));
    seed.snd(id, ("snd", format!("{id}#gone"), "lost"));
    seed.cal::<(f64,)>(id, ("time",)).await.unwrap();
    signal("-TERM", program.id());
    let (status, printed) = program.end();
    assert!(status.success(), "{printed}");
    let says = |parts: &[&str]| {
        let line = |line: &str| parts.iter().all(|part| line.contains(part));
        printed.lines().any(line)
    };
    let mut levels = String::new();
    levels.extend(says(&["ERROR", "service Demo::worker ended"]).then_some('E'));
    levels.extend(says(&["WARN", "No::such"]).then_some('W'));
    levels.extend(says(&["INFO", "is running"]).then_some('I'));
    levels.extend(says(&["DEBUG", "\"lost\"", "is lost"]).then_some('D'));
    if levels.is_empty() {
        assert_eq!(printed, "", "nothing at all");
    }
    levels
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_verbosity_decides_what_is_logged() {
    let seed = &seed().await;
    let levels = ["", "", "", "", "E", "EW", "EW", "EWI", "EWID", "EWID"];
    for (number, wanted) in levels.iter().enumerate() {
        let (id, number) = (format!("level-{number}"), number.to_string());
        let found = logged(seed, &id, &["--verbosity", &number], &[]).await;
        assert_eq!(found, *wanted, "--verbosity {number}");
    }
    let (ours, perl) = ("AEMP_VERBOSE", "PERL_ANYEVENT_VERBOSE");
    for (id, arguments, variables, wanted) in [
        ("default", &[][..], &[][..], "EWI"),
        ("perl", &[], &[(perl, "4")], "E"),
        ("warnlevel", &[], &[("PERL_ANYEVENT_MP_WARNLEVEL", "5"), (perl, "9")], "EW"),
        ("ours", &[], &[(ours, "5"), (perl, "9")], "EW"),
        ("argument", &["--verbosity", "4"], &[(ours, "9"), (perl, "9")], "E"),
    ] {
        let found = logged(seed, id, arguments, variables).await;
        assert_eq!(found, wanted, "{id}");
    }
}
