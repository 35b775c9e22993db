//! Nodes in processes of their own, which say what they see.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use aemp_actor::prelude::*;

/// How long anything may take, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(120);

const ID: &str = "AEMP_TEST_ID";
const BIND: &str = "AEMP_TEST_BIND";
const SEEDS: &str = "AEMP_TEST_SEEDS";

/// Runs a node until it is killed, or its parent is gone. It is a member of the group `all`, and
/// prints what it sees of the mesh whenever that changes.
#[test]
#[ignore = "the tests of starting run it in processes of their own"]
fn one_node() {
    let Ok(id) = std::env::var(ID) else { return };
    std::thread::spawn(|| {
        drop(std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async move {
        let config = Config::new()
            .nodeid(id)
            .secret(crate::support::SECRET)
            .bind(std::env::var(BIND).unwrap())
            .seeds(std::env::var(SEEDS).unwrap().split_whitespace())
            .connect_interval(Duration::from_secs(2));
        let node = Node::configure(config).await.unwrap();
        let port = node.port_fn(|_, _| ()).id();
        println!("\nstarted {port} {}", node.listeners()[0]);
        let mut nodes = node.node_events();
        let mut group = node.grp_events("all");
        node.grp_reg("all", &port).unwrap();
        loop {
            tokio::select! {
                _ = nodes.next() => {}
                _ = group.next() => {}
            }
            let texts = |texts: Vec<String>| texts.join(",");
            let up = texts(node.up_nodes().iter().map(ToString::to_string).collect());
            let members = texts(node.grp_get("all").iter().map(ToString::to_string).collect());
            println!("\nsees {up} {members}");
        }
    });
}

/// A process with a node; killed when dropped.
pub(crate) struct Process {
    id: String,
    child: Child,
    lines: Receiver<String>,
    /// The port of the group and the address, once they were told.
    started: Option<(String, String)>,
    up: BTreeSet<String>,
    members: BTreeSet<String>,
}

impl Process {
    pub(crate) fn start(id: &str, bind: &str, seeds: &[&str]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "processes::one_node", "--ignored", "--nocapture"])
            .env(ID, id)
            .env(BIND, bind)
            .env(SEEDS, seeds.join(" "))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let (up, members) = (BTreeSet::new(), BTreeSet::new());
        Self { id: id.to_owned(), child, lines, started: None, up, members }
    }

    /// Where it listens.
    pub(crate) fn address(&mut self) -> String {
        self.started().1
    }

    /// Its resident memory in KiB; 0 where the system does not tell.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    fn started(&mut self) -> (String, String) {
        let deadline = Instant::now() + PATIENCE;
        while self.started.is_none() {
            self.read(deadline);
        }
        self.started.clone().unwrap_or_default()
    }

    /// Waits until it is connected to exactly these nodes, and knows exactly these ports.
    fn wait_for(&mut self, up: &BTreeSet<String>, members: &BTreeSet<String>) {
        let deadline = Instant::now() + PATIENCE;
        while self.up != *up || self.members != *members {
            self.read(deadline);
        }
    }

    fn read(&mut self, deadline: Instant) {
        let left = deadline.saturating_duration_since(Instant::now());
        let line = self.lines.recv_timeout(left).unwrap_or_else(|error| {
            panic!("node {}: {error}; it sees {:?} and {:?}", self.id, self.up, self.members)
        });
        let words: Vec<&str> = line.split(' ').collect();
        let set = |text: &str| {
            text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        match words.as_slice() {
            ["started", port, address] => {
                self.started = Some(((*port).to_owned(), (*address).to_owned()));
            }
            ["sees", up, members] => (self.up, self.members) = (set(up), set(members)),
            _ => {}
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been killed before.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits until each of the nodes is connected to exactly the others, and knows the port of each.
pub(crate) fn all_see_each_other(nodes: &mut [Process]) {
    let members: BTreeSet<String> = nodes.iter_mut().map(|node| node.started().0).collect();
    let ids: BTreeSet<String> = nodes.iter().map(|node| node.id.clone()).collect();
    for node in nodes {
        let mut others = ids.clone();
        others.remove(&node.id);
        node.wait_for(&others, &members);
    }
}
