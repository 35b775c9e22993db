//! Erlang, if it is installed: the same work in a script, which is compiled before it runs. Two nodes
//! find each other without a port mapper, at two addresses of the machine's own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::contender::{Contender, RemoteWork};
use crate::figures::Figures;
use crate::scale::Scale;
use crate::suite::{LocalSuite, RemoteSuite, Size, Work};

pub(super) const ALL: [Contender; 1] = [Contender {
    name: "Erlang",
    local: Some(local),
    remote: Some(RemoteWork { client, server }),
    absent,
}];

const SCRIPT: &str = include_str!("bench.erl");

/// What both nodes have to know.
const COOKIE: &str = "a_long_cookie_of_the_benchmark_which_protects_nothing";

fn absent() -> Option<String> {
    super::missing("escript", "Erlang is not installed (Debian's package erlang-base)")
}

fn local(suite: LocalSuite, scale: &Scale) -> Figures {
    let (name, argument, count) = match suite {
        LocalSuite::Work(Work::Tell { producers }) => {
            ("tell", producers.to_string(), scale.messages)
        }
        LocalSuite::Work(Work::FanOut) => ("fan-out", String::new(), scale.messages),
        LocalSuite::Work(Work::Ring) => ("ring", String::new(), scale.messages),
        LocalSuite::Work(Work::PingPong) => ("ping-pong", String::new(), scale.requests),
        LocalSuite::Work(Work::Request { askers }) => {
            ("request", askers.to_string(), scale.requests)
        }
        LocalSuite::Population(Size::Small) => ("population", "200k".to_owned(), 200_000),
        LocalSuite::Population(Size::Million) => ("population", "1m".to_owned(), 1_000_000),
        LocalSuite::Population(Size::TenMillion) => ("population", "10m".to_owned(), 10_000_000),
    };
    // Its limit is 262,144 processes unless it is told otherwise.
    let mut script = Script::new("+P 16000000");
    figures(script.command.args([name, &argument, &count.to_string()]))
}

fn client(_: &'static str, suite: RemoteSuite, scale: &Scale) -> Figures {
    let port = free_port();
    let there = Script::new(&distribution("there@127.0.0.1", port));
    let (_there, name) = Running::start(there);
    let (suite, count) = match suite {
        RemoteSuite::OneWay => ("one-way", scale.remote_messages),
        RemoteSuite::RoundTrip => ("round-trip", scale.remote_requests),
        RemoteSuite::Payloads => ("payloads", scale.payload),
    };
    let mut here = Script::new(&distribution("here@127.0.0.2", port));
    let cap = scale.cap.as_millis().to_string();
    figures(here.command.args([suite, &name, &count.to_string(), &cap]))
}

/// It is started by the client.
fn server() {}

/// How a node is named, and where it listens.
fn distribution(name: &str, port: u16) -> String {
    let address = name.split('@').nth(1).expect("it has one").replace('.', ",");
    format!(
        "-name {name} -setcookie {COOKIE} -start_epmd false -erl_epmd_port {port} \
         -kernel inet_dist_use_interface {{{address}}}"
    )
}

fn free_port() -> u16 {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    free.local_addr().expect("it is bound").port()
}

/// The script in a file, and the command that runs it.
struct Script {
    file: File,
    command: Command,
}

/// A file that is removed in the end.
struct File(PathBuf);

impl Drop for File {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap_or_default();
    }
}

impl Script {
    fn new(flags: &str) -> Self {
        let name = format!("aemp-bench-{}-{}.erl", std::process::id(), flags.len());
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, SCRIPT).expect("there is a place for temporary files");
        let mut command = Command::new("escript");
        command.arg(&file).env("ERL_FLAGS", flags).stdin(Stdio::null());
        Self { file: File(file), command }
    }
}

/// What it prints.
fn figures(command: &mut Command) -> Figures {
    let output = command.output().expect("it was there a moment ago");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter_map(|line| line.split_once(' ')).map(figure).collect()
}

fn figure((name, value): (&str, &str)) -> (String, f64) {
    (name.to_owned(), value.parse().expect("a figure"))
}

/// A node that serves, until this is dropped.
struct Running {
    process: Child,
    _file: File,
}

impl Running {
    /// Starts it, and gives its name.
    fn start(mut script: Script) -> (Self, String) {
        script.command.args(["serve", "there"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = script.command.spawn().expect("it was there a moment ago");
        let output = process.stdout.take().expect("it is piped");
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).expect("it prints a line");
        (Self { process, _file: script.file }, line.trim().to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.kill().unwrap_or_default();
        drop(self.process.wait());
    }
}
