//! The tables: how wide they are, and again and again; all nodes at once; what went wrong; completions.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::home::Home;
use crate::home::counter::Counter;
use crate::home::service::Service;
use crate::support::{config, death, soon, tcp_node};
use aemp_actor::prelude::*;
use serde_json::{Value as Json, json};

#[init("Looking::counter")]
fn counter(start: i64) -> Counter {
    Counter { count: start }
}

/// Two nodes that are connected, and a home that leads there.
async fn network() -> (Node, Node, Home) {
    let alpha = tcp_node("alpha").await;
    let beta = Node::configure(config("beta").seed(&alpha.listeners()[0])).await.unwrap();
    soon("the mesh", beta.joined()).await.unwrap();
    let home = Home::with_seed(&alpha.listeners()[0]);
    (alpha, beta, home)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_have_room_on_a_terminal_unless_they_are_wanted_wide() {
    let (alpha, _beta, home) = network().await;
    let port = alpha.port(Counter { count: 0 });
    for line in
        [&["nodes"] as &[&str], &["info", "alpha"], &["ports"], &["top", "--once", "-d", "0.1"]]
    {
        let text = home.aemp(line).await.text();
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 80, "{line:?}: {text}");
        let wide = home.aemp(&[line, &["--wide"]].concat()).await.text();
        let widest = wide.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest >= 80 || line[0] == "ports", "{line:?}: {wide}");
    }
    let nodes = home.aemp(&["nodes"]).await.text();
    assert!(nodes.lines().nth(1).unwrap().ends_with("tcp stls"), "{nodes}");
    let nodes = home.aemp(&["nodes", "--wide"]).await.text();
    assert!(nodes.contains("tcp stls (TLS 1.3, no certificate) tls_hmac_sha3_512"), "{nodes}");
    let ports = home.aemp(&["ports", "alpha", "*Counter"]).await.text();
    assert!(ports.contains("  Counter  ") && !ports.contains("WATCHERS"), "{ports}");
    assert!(!ports.contains("NAMES"), "{ports}");
    alpha.name(&port, "tally").unwrap();
    let ports = home.aemp(&["ports", "alpha", "tal*"]).await.text();
    assert!(ports.contains("  NAMES\n") && ports.ends_with("  tally"), "{ports}");
    let ports = home.aemp(&["ports", "alpha", "*Counter", "--wide"]).await.text();
    assert!(ports.contains("::Counter  ") && ports.contains("WATCHERS"), "{ports}");
    assert!(ports.contains(&port.id().to_string()), "{ports}");
}

/// Killed when dropped.
struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Lines of a command that goes on, until one is as it should be.
async fn watch(
    home: &Home,
    arguments: &[&str],
    mut is_end: impl FnMut(&str) -> bool + Send + 'static,
) {
    let mut command = home.command();
    command.args(arguments).stdout(Stdio::piped());
    let mut child = Watching(command.spawn().unwrap());
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let seen = tokio::task::spawn_blocking(move || {
        let found = lines.any(|line| is_end(&line.unwrap()));
        drop(child);
        found
    });
    assert!(soon("the line", seen).await.unwrap(), "{arguments:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_are_watched() {
    let (alpha, _beta, home) = network().await;
    for line in [
        &["nodes"] as &[&str],
        &["info", "alpha"],
        &["ports", "alpha"],
        &["functions", "alpha"],
        &["groups"],
        &["deaths"],
    ] {
        let mut tables = 0;
        // The first line of each table.
        let title = |line: &str| {
            ["NODE ", "node ", "PORT ", "FUNCTION ", "GROUP ", "TIME "]
                .iter()
                .any(|title| line.starts_with(title))
        };
        let third = move |line: &str| {
            tables += usize::from(title(line));
            tables == 3
        };
        watch(&home, &[line, &["--watch=0.01"]].concat(), third).await;
    }
    // JSON is a value in each line, and what changes is seen.
    let node = alpha.clone();
    let changed = move |line: &str| {
        let groups: Json = serde_json::from_str(line).unwrap();
        if groups.as_object().unwrap().is_empty() {
            let port = node.port(Counter { count: 0 });
            node.grp_reg("counters", port.id()).unwrap();
        }
        groups["counters"].is_array()
    };
    watch(&home, &["--json", "groups", "--watch=0.01"], changed).await;
    // What makes no sense is not tried again.
    let text = home.aemp(&["info", "no node", "--watch"]).await.failed(2);
    assert!(text.contains("is not a node ID"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ports_of_all_nodes_are_in_one_order() {
    let (alpha, beta, home) = network().await;
    let mut ports = Vec::new();
    for (node, messages) in [(&alpha, 1), (&beta, 3), (&alpha, 2)] {
        let port = node.port(Counter { count: 0 });
        for _ in 0..messages {
            port.add(1);
        }
        assert_eq!(port.count().await.unwrap(), messages);
        ports.push(port.id().to_string());
    }
    let text = home.aemp(&["ports", "*Counter", "--sort", "handled"]).await.text();
    let shown: Vec<&str> =
        text.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(shown, [&ports[1], &ports[2], &ports[0]]);
    let text = home.aemp(&["ports", "*Counter", "--sort", "handled", "--limit", "2"]).await.text();
    assert!(text.ends_with("and 1 more: see --limit"), "{text}");
    let page = home.aemp(&["--json", "ports", "*Counter", "--limit", "1"]).await.json();
    assert_eq!((&page["ports"][0]["node"], &page["more"]), (&json!("alpha"), &json!(2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deaths_are_shown_with_their_reasons() {
    let (alpha, beta, home) = network().await;
    for (node, why) in
        [(&alpha, "out of paper"), (&beta, "out of ink, and of all that was ever in store")]
    {
        let port = node.port(Counter { count: 0 });
        let died = death(node, port.id());
        node.snd(&port, ("fail", why));
        died.reason().await;
    }
    let text = home.aemp(&["deaths"]).await.text();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("TIME") && lines.len() == 3, "{text}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{text}");
    let of = |node: &str| *lines.iter().find(|line| line.contains(node)).unwrap();
    assert!(of(" alpha#").ends_with("  die: out of paper"), "{text}");
    // As far as there is room.
    assert!(of(" beta#").ends_with('…'), "{text}");
    let text = home.aemp(&["deaths", "beta", "--wide"]).await.text();
    assert!(
        text.ends_with("::Counter  die: out of ink, and of all that was ever in store"),
        "{text}"
    );
    let text = home.aemp(&["deaths", "--limit", "1"]).await.text();
    assert!(text.contains("and 1 more"), "{text}");
    let deaths = home.aemp(&["--json", "deaths"]).await.json();
    assert_eq!(deaths["total"], 2);
    let times = [0, 1].map(|index| deaths["last"][index]["at"].as_f64().unwrap());
    assert!(times[0] >= times[1], "the latest first: {times:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doctor_finds_nothing_or_says_what() {
    let (_alpha, _beta, home) = network().await;
    let text = home.aemp(&["doctor"]).await.text();
    assert!(text.contains("alpha  ") && text.contains("1 of 1"), "{text}");
    assert!(text.ends_with("nothing is wrong"), "{text}");
    let told = home.aemp(&["--json", "doctor"]).await.json();
    assert_eq!((&told["problems"], &told["nodes"][0]["node"]), (&json!([]), &json!("alpha")));
    // Somebody tells an address where nobody listens.
    let lost = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = lost.local_addr().unwrap().to_string();
    drop(lost);
    let home = home.set("AEMP_NODES", &json!({ "gamma": address }).to_string());
    let done = home.aemp(&["doctor"]).await;
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.out.contains("error: gamma cannot be reached from here at "), "{done:?}");
    assert!(done.out.contains("\n    → see whether its process runs"), "{done:?}");
    // The file is looked at before, since it may keep the command from joining.
    home.write("{ \"seeds\": [\"127.0.0.1:1\"], \"secert\": \"0123456789abcdef\" }");
    let done = home.run(&["doctor"]);
    assert_ne!(done.code, 0);
    assert!(done.out.contains("did you mean \"secret\"?"), "{done:?}");
}

#[test]
fn a_node_is_stopped_with_its_watchdog() {
    let home = Home::new();
    home.run_with(crate::support::SECRET, &["setsecret", "-"]).text();
    let alpha = Service::start(&home, "alpha", None, &[]);
    let beta = Service::start(&home, "beta", Some(&alpha.address), &["--no-watchdog"]);
    let home = home.set("AEMP_SEEDS", &alpha.address).set("AEMP_TIMEOUT", "60");
    assert_eq!(home.run(&["stop", "beta"]).text(), "node beta has stopped");
    assert_eq!(beta.ended(), Some(0));
    assert_eq!(home.run(&["--json", "stop", "alpha"]).json(), json!({ "stopped": "alpha" }));
    assert_eq!(alpha.ended(), Some(0), "it is not started again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_does_not_say_how_is_not_stopped() {
    let (_alpha, _beta, home) = network().await;
    let text = home.aemp(&["stop", "beta"]).await.failed(1);
    assert!(text.contains("has not said how it is stopped (Node::on_stop)"), "{text}");
}

/// What bash would propose for a line.
fn proposed(home: &Home, script: &Path, line: &str) -> String {
    let program = env!("CARGO_BIN_EXE_aemp");
    let read = format!(
        "source {}\nCOMP_LINE='{line}' COMP_POINT={} COMP_WORDS=({}) \
         COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))\n_aemp_of_network {program} '{}' ''\n\
         printf '%s|' \"${{COMPREPLY[@]}}\"",
        script.display(),
        line.len(),
        line.replacen("aemp", program, 1),
        line.rsplit(' ').next().unwrap_or_default(),
    );
    let mut bash = Command::new("bash");
    bash.args(["-c", &read]).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    bash.envs(home.variables());
    String::from_utf8(bash.output().unwrap().stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bash_completes_nodes_ports_and_functions() {
    let (alpha, beta, home) = network().await;
    let port = beta.port(Counter { count: 0 }).id().to_string();
    let spare = alpha.port(Counter { count: 0 });
    alpha.grp_reg("a-group", spare.id()).unwrap();
    let proposed = tokio::task::spawn_blocking(move || {
        let script = home.folder().join("completions");
        std::fs::write(&script, home.run(&["completions", "bash"]).text()).unwrap();
        let of = |line: &str| proposed(&home, &script, line);
        assert_eq!(of("aemp info al"), "alpha |");
        assert_eq!(of("aemp --timeout 60 info "), "alpha|beta|");
        // A node may become one of its ports.
        assert_eq!(of("aemp cal bet"), "beta|");
        assert_eq!(of(&format!("aemp cal {}", &port[..port.len() - 1])), format!("{port} |"));
        assert_eq!(of("aemp groups a-"), "a-group |");
        // Bash takes what is behind a colon for a word of its own.
        assert_eq!(of("aemp spawn alpha Looking::c"), "counter |");
        // What is a word of the command itself needs no network.
        assert!(of("aemp no").split('|').any(|word| word == "nodes"));
    });
    soon("the completions", proposed).await.unwrap();
}
