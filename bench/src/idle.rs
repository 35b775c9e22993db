//! What ports that wait cost: resident memory of a process that holds very many.
//!
//! Each kind is measured in a process of its own, so that what one has freed is not there for the
//! next.

use std::fs;
use std::process;

use aemp_actor::prelude::*;
use tokio::runtime::Runtime;

use crate::counter::Counter;
use crate::options::Options;
use crate::{peers, raw};

/// What is measured, and how it is called.
const KINDS: [(&str, &str); 4] = [
    ("struct", "the struct alone, boxed"),
    ("port", "port that was never sent anything"),
    ("used", "port that has handled a message"),
    ("channel", "raw tokio task and unbounded channel"),
];

/// Prints the figures.
pub(crate) fn run(options: &Options) {
    println!("idle: resident bytes each, {} of them, handles included", options.ports);
    for (kind, name) in KINDS.iter().chain(peers::IDLE) {
        if !options.wants(name) {
            continue;
        }
        let program = process::Command::new(std::env::current_exe().expect("our own path"))
            .args(["--idle-of", kind, "--ports", &options.ports.to_string()])
            .output();
        let output = program.expect("the program starts once more");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        println!("  {name:<44} {:>10}", String::from_utf8_lossy(&output.stdout).trim());
    }
    println!();
}

/// In the process of its own: prints the bytes that each one takes.
pub(crate) fn measure(kind: &str, options: &Options) {
    let runtime = crate::runtime();
    let count = options.ports;
    let bytes = match kind {
        "struct" => growth(count, |_| Box::new(Counter::default())),
        "port" => ports(&runtime, count, false),
        "used" => ports(&runtime, count, true),
        "channel" => {
            let _entered = runtime.enter();
            growth(count, |_| raw::counter())
        }
        other => peers::idle(other, &runtime, count),
    };
    println!("{}", bytes / count);
    // Taking a million of them down tells nothing.
    process::exit(0);
}

fn ports(runtime: &Runtime, count: usize, used: bool) -> usize {
    let _entered = runtime.enter();
    let node = Node::local();
    let before = resident();
    let ports: Vec<_> = (0..count).map(|_| node.port(Counter::default())).collect();
    if used {
        runtime.block_on(async {
            for some in ports.chunks(10_000) {
                some.iter().for_each(|port| port.add(1));
                for port in some {
                    port.sum().await.expect("an answer");
                }
            }
            // Those that gave their place away are given the time to end.
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        });
    }
    let grown = resident().saturating_sub(before);
    drop(ports);
    grown
}

/// By how many bytes this process grows when it makes and keeps `count` of something.
pub(crate) fn growth<T>(count: usize, make: impl FnMut(usize) -> T) -> usize {
    let before = resident();
    let kept: Vec<T> = (0..count).map(make).collect();
    let grown = resident().saturating_sub(before);
    drop(kept);
    grown
}

/// Resident bytes of this process.
pub(crate) fn resident() -> usize {
    const PAGE: usize = 4096;
    let text = fs::read_to_string("/proc/self/statm").expect("a system with /proc");
    let pages = text.split(' ').nth(1).and_then(|field| field.parse::<usize>().ok());
    pages.expect("the second field is a number") * PAGE
}
