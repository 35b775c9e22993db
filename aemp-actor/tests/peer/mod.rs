//! Runs the Python node beside this file, and tells it what to do.
#![allow(dead_code)]

use std::collections::VecDeque;
use std::path::Path;
use std::process::Stdio;

use aemp_actor::Node;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;

use super::support::{SECRET, soon};

/// A running Python node; it ends with this value.
pub(crate) struct Python {
    pub(crate) id: String,
    listeners: Vec<String>,
    child: Child,
    input: ChildStdin,
    lines: mpsc::UnboundedReceiver<Json>,
    /// What was read and not yet asked for.
    kept: VecDeque<Json>,
    next: u64,
}

/// How a Python node is to be: settings of its `start` command.
pub(crate) struct Options(Json);

impl Options {
    /// A node that listens somewhere, as the Perl implementation does it.
    pub(crate) fn new(id: &str) -> Self {
        Self(json!({
            "nodeid": id, "secret": SECRET, "bind": ["127.0.0.1:0"], "announce_after": 0.3,
        }))
    }

    pub(crate) fn set(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.0[key] = value.into();
        self
    }

    /// Accepts and sends this method only; `cleartext` is sent, and the usual one accepted.
    pub(crate) fn auth(self, method: &str) -> Self {
        let accepted = if method == "cleartext" { "hmac_md6_64_256" } else { method };
        self.set("offer", json!([method])).set("accept", json!([accepted]))
    }

    pub(crate) fn seed(self, address: impl Into<String>) -> Self {
        let address = address.into();
        self.set("seeds", json!([address]))
    }

    pub(crate) async fn start(self) -> Python {
        Python::start(self.0).await
    }
}

impl Python {
    async fn start(mut command: Json) -> Self {
        // The tests of the command are in a folder below.
        let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        let program = folders.map(|folder| folder.join("tests/peer/peer.py"));
        let program = program.into_iter().find(|program| program.exists()).expect("the peer");
        let mut child = Command::new("python3")
            .args(["-B".as_ref(), program.as_os_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("the interoperability tests need python3 (3.9 or later) in PATH: {error}")
            });
        let (sender, lines) = mpsc::unbounded_channel();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        tokio::spawn(async move {
            while let Ok(Some(line)) = output.next_line().await {
                let line = serde_json::from_str(&line).unwrap_or(Json::String(line));
                drop(sender.send(line));
            }
        });
        let input = child.stdin.take().unwrap();
        let id = command["nodeid"].as_str().unwrap().to_owned();
        let mut python =
            Self { id, listeners: Vec::new(), child, input, lines, kept: VecDeque::new(), next: 0 };
        command["do"] = json!("start");
        let started = python.ask(command).await;
        python.listeners = serde_json::from_value(started["listeners"].clone()).unwrap();
        python
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.listeners[0]
    }

    /// Carries out a command, and gives its answer.
    pub(crate) async fn ask(&mut self, mut command: Json) -> Json {
        self.next += 1;
        command["id"] = json!(self.next);
        let text = format!("{command}\n");
        soon("python to read", self.input.write_all(text.as_bytes())).await.unwrap();
        let id = json!(self.next);
        let what = format!("the answer of {} to {text}", self.id);
        let answer = self.find(&what, |line| line["answer"] == id).await;
        assert!(answer.get("error").is_none(), "{} on {text}: {answer}", self.id);
        answer["result"].clone()
    }

    /// Waits for the next report of this kind that has all of `fields`; others are kept.
    pub(crate) async fn event(&mut self, kind: &str, fields: Json) -> Json {
        let what = format!("{} to report {kind} {fields}", self.id);
        self.find(&what, |line| {
            line["event"] == kind
                && fields.as_object().unwrap().iter().all(|(key, value)| line[key] == *value)
        })
        .await
    }

    /// The next message to this port.
    pub(crate) async fn message(&mut self, port: &str) -> Json {
        self.event("message", json!({ "port": port })).await["message"].clone()
    }

    /// Why the monitored port died.
    pub(crate) async fn death(&mut self, port: &str) -> Json {
        self.event("died", json!({ "port": port })).await["reason"].clone()
    }

    /// A new port of this kind.
    pub(crate) async fn port(&mut self, kind: &str) -> String {
        let port = self.ask(json!({ "do": "port", "kind": kind })).await;
        port.as_str().unwrap().to_owned()
    }

    pub(crate) async fn snd(&mut self, to: &str, message: Json) {
        self.ask(json!({ "do": "snd", "to": to, "message": message })).await;
    }

    /// Sends a request; the answer, or why there is none.
    pub(crate) async fn cal(&mut self, to: &str, message: Json) -> Json {
        self.ask(json!({ "do": "cal", "to": to, "message": message })).await
    }

    pub(crate) async fn mon(&mut self, port: &str) {
        self.ask(json!({ "do": "mon", "port": port })).await;
    }

    /// Waits until exactly these nodes are connected to it.
    pub(crate) async fn wait_up(&mut self, nodes: &[&str]) {
        self.ask(json!({ "do": "wait_up", "nodes": nodes })).await;
    }

    /// Waits until it knows exactly these members of a group.
    pub(crate) async fn wait_group(&mut self, group: &str, ports: &[&str]) {
        self.ask(json!({ "do": "wait_group", "group": group, "ports": ports })).await;
    }

    /// Whether a report of this kind came and was not asked for.
    pub(crate) fn has(&mut self, kind: &str) -> Option<Json> {
        while let Ok(line) = self.lines.try_recv() {
            self.kept.push_back(line);
        }
        self.kept.iter().find(|line| line["event"] == kind).cloned()
    }

    /// Ends the process as `kill -9` does.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits until the process has ended by itself.
    pub(crate) async fn ended(mut self) {
        assert!(soon("python to end", self.child.wait()).await.unwrap().success());
    }

    async fn find(&mut self, what: &str, wanted: impl Fn(&Json) -> bool) -> Json {
        if let Some(index) = self.kept.iter().position(&wanted) {
            return self.kept.remove(index).unwrap();
        }
        soon(what, async {
            loop {
                let line = self.lines.recv().await;
                let line = line.unwrap_or_else(|| panic!("python ended, waited for {what}"));
                if wanted(&line) {
                    return line;
                }
                self.kept.push_back(line);
            }
        })
        .await
    }
}

/// Who dials whom.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dials {
    Rust,
    Python,
}

/// A node of ours and a Python node, connected.
pub(crate) async fn connected(dials: Dials, options: Options) -> (Node, Python) {
    let config = aemp_actor::Config::new()
        .nodeid("rust")
        .secret(SECRET)
        .bind("127.0.0.1:0")
        .connect_interval(std::time::Duration::from_millis(200));
    let (node, mut python) = match dials {
        Dials::Python => {
            let node = Node::configure(config).await.unwrap();
            let python = options.seed(&node.listeners()[0]).start().await;
            (node, python)
        }
        Dials::Rust => {
            let python = options.start().await;
            (Node::configure(config.seed(python.address())).await.unwrap(), python)
        }
    };
    soon("the nodes to connect", node.wait_up(python.id.as_str())).await;
    python.wait_up(&["rust"]).await;
    (node, python)
}
