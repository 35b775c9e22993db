//! A mesh of processes, each with a node: what it costs to form, what each takes, and what it does
//! while nothing happens.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use aemp_actor::prelude::*;

use crate::figures::Figures;
use crate::machine::{cpu_time, resident_of, runtime};
use crate::workload::remote::until_input_ends;

/// How long they are watched while nothing happens.
const IDLE: Duration = Duration::from_secs(5);

/// Until nobody does anything that comes from forming the mesh.
const SETTLE: Duration = Duration::from_secs(2);

/// Starts so many processes, and measures them.
pub(super) fn measure(count: usize) -> Figures {
    let start = Instant::now();
    let first = Process::start("none", count);
    let seed = first.line.clone();
    let mut processes = vec![first];
    processes.extend((1..count).map(|_| Process::start(&seed, count)));
    for process in &mut processes {
        process.wait();
    }
    let formed = start.elapsed();
    std::thread::sleep(SETTLE);
    let forming = total(&processes);
    let sizes = processes.iter().map(|process| resident_of(process.child.id()));
    let (resident, own) = sizes.fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1));
    std::thread::sleep(IDLE);
    let idling = total(&processes) - forming;
    let each = |value: f64| value / count as f64;
    let mebibytes = |bytes: usize| each(bytes as f64) / f64::from(1 << 20);
    let percent = 100.0 * idling.as_secs_f64() / IDLE.as_secs_f64();
    Figures::from([
        ("processes".to_owned(), count as f64),
        ("seconds until all are connected".to_owned(), formed.as_secs_f64()),
        ("CPU seconds to form".to_owned(), forming.as_secs_f64()),
        ("MiB of each".to_owned(), mebibytes(resident)),
        ("MiB of each that are its own".to_owned(), mebibytes(own)),
        ("percent of a core of each, idle".to_owned(), each(percent)),
    ])
}

fn total(processes: &[Process]) -> Duration {
    processes.iter().map(|process| cpu_time(process.child.id())).sum()
}

/// One of them. It ends when this is dropped.
struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// Where it listens.
    line: String,
}

impl Process {
    fn start(seed: &str, count: usize) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("our own path"))
            .args(["mesh-node", seed, &count.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts once more");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut process = Self { child, input, output, line: String::new() };
        process.line = process.next_line();
        process
    }

    /// Waits until it is connected to all others.
    fn wait(&mut self) {
        let line = self.next_line();
        assert_eq!(line, "all", "it says so");
    }

    fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it prints a line");
        line.trim().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.input.take());
        self.child.kill().unwrap_or_default();
        drop(self.child.wait());
    }
}

/// In each of the processes: a node with the defaults, which tells when it is connected to all others.
pub(crate) fn mesh_node(seed: &str, nodes: usize) {
    runtime().block_on(async {
        let mut config = Config::new()
            .nodeid(format!("node/{}", std::process::id()))
            .secret("a long secret of the benchmark's, which protects nothing")
            .bind("127.0.0.1:0");
        if seed != "none" {
            config = config.seed(seed);
        }
        let node = Node::configure(config).await.expect("it is configured");
        println!("{}", node.listeners()[0]);
        let mut events = node.node_events();
        while node.up_nodes().iter().filter(|up| *up != node.id()).count() < nodes - 1 {
            events.next().await.expect("the node goes on");
        }
        println!("all");
        until_input_ends().await;
    });
}
