//! `aemp run`: what the watchdog does, and how it all ends.
#![cfg(unix)]

mod command;

use std::os::unix::net::UnixDatagram;

use command::Home;
use command::service::{Service, signal};
use serde_json::Value as Json;

/// The process of a node; asked again until it is another one than `before`.
fn process(home: &Home, node: &str, before: u64) -> u64 {
    loop {
        let done = home.run(&["--timeout", "60", "--json", "info", node]);
        let info: Json = serde_json::from_str(&done.out).unwrap_or_default();
        match info["process"]["pid"].as_u64() {
            Some(process) if process != before => return process,
            _ => assert!(done.code != 2 && done.code != 5, "{done:?}"),
        }
    }
}

#[test]
fn a_node_is_started_again_when_it_crashes_hangs_or_is_told_to() {
    let home = Home::new();
    home.run(&["setsecret", "geheim"]).text();
    let mut alpha = Service::start(&home, "alpha", None, &[]);
    let seed = alpha.address.clone();
    let beta = Service::start(&home, "beta", Some(&seed), &["--heartbeat", "4"]);
    let home = home.set("AEMP_SEEDS", &seed).set("AEMP_CONNECT_INTERVAL", "0.2");

    let first = process(&home, "beta", 0);
    assert_ne!(first, u64::from(beta.child.id()), "the watchdog is another process");
    signal(first, "-KILL");
    let second = process(&home, "beta", first);
    signal(second, "-STOP");
    let third = process(&home, "beta", second);
    let text = home.run(&["--timeout", "60", "restart", "beta"]).text();
    assert_eq!(text, "node beta is back");
    let fourth = process(&home, "beta", third);
    let info = home.run(&["--timeout", "60", "--json", "info", "beta"]).json();
    assert_eq!(info["watched"], true);

    beta.signal("-TERM");
    assert_eq!(beta.ended(), Some(0));
    let gone = std::process::Command::new("kill").args(["-0", &fourth.to_string()]).output();
    assert!(!gone.unwrap().status.success(), "the node has ended before its watchdog");
    alpha.line("node beta is down");
    alpha.signal("-INT");
    assert_eq!(alpha.ended(), Some(0));
}

#[test]
fn a_node_ends_without_its_watchdog() {
    let home = Home::new();
    home.run(&["setsecret", "geheim"]).text();
    let alpha = Service::start(&home, "alpha", None, &[]);
    let home = home.set("AEMP_SEEDS", &alpha.address);
    let process = process(&home, "alpha", 0);
    drop(alpha);
    let alive = || {
        let output = std::process::Command::new("kill").args(["-0", &process.to_string()]).output();
        output.unwrap().status.success()
    };
    while alive() {
        std::thread::yield_now();
    }
}

#[test]
fn systemd_is_told() {
    for arguments in [&[][..], &["--no-watchdog"]] {
        let home = Home::new();
        home.run(&["setsecret", "geheim"]).text();
        let path = home.folder().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
        let home = home.set("NOTIFY_SOCKET", path.to_str().unwrap());
        let alpha = Service::start(&home, "alpha", None, arguments);
        let next = || {
            let mut octets = [0; 256];
            let length = socket.recv(&mut octets).unwrap();
            String::from_utf8_lossy(&octets[..length]).trim().to_owned()
        };
        assert_eq!(next(), "READY=1");
        assert_eq!(next(), "WATCHDOG=1");
        alpha.signal("-TERM");
        let mut word = next();
        while word == "WATCHDOG=1" {
            word = next();
        }
        assert_eq!(word, "STOPPING=1");
        assert_eq!(alpha.ended(), Some(0));
    }
}

#[test]
fn a_node_that_cannot_be_set_up_is_not_tried_again() {
    let home = Home::new();
    home.run(&["setsecret", "geheim"]).text();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let text = home.run(&["run", "alpha", "binds", &address]).failed(5);
    assert!(text.contains(&format!("bind: cannot listen on {address}")), "{text}");
    let text = home.run(&["run", "alpha", "services", "No::such"]).failed(5);
    assert!(text.contains("No::such"), "{text}");
    let text = home.run(&["run", "alpha", "binds"]).failed(2);
    assert!(text.contains("there is no value for the key \"binds\""), "{text}");
    let text = home.run(&["run", "alpha", "bindings", "x"]).failed(2);
    assert!(text.contains("no such key: bindings"), "{text}");
}

#[test]
fn what_is_missing_is_told_with_the_command_to_give() {
    let home = Home::new();
    let text = home.run(&["run", "alpha", "binds", "127.0.0.1:0"]).failed(5);
    assert!(text.contains("aemp setsecret SECRET, or AEMP_SECRET"), "{text}");
    home.run(&["setsecret", "geheim"]).text();
    let text = home.run(&["run", "typo", "services", "No::such"]).failed(5);
    assert!(text.contains("WARN") && text.contains("there is no profile \"typo\" in "), "{text}");
    assert!(text.contains("functions of this program: "), "{text}");
    assert!(text.contains("run the program that has it"), "{text}");
}
