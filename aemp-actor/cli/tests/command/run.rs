//! `aemp run`: what the watchdog does, and how it all ends.

use std::os::unix::net::UnixDatagram;

use std::path::Path;
use std::process::Command;

use crate::home::Home;
use crate::home::service::{Service, signal};
use serde_json::Value as Json;

/// The node `alpha`, and a home whose configuration leads to it.
fn alpha() -> (Home, Service) {
    let home = Home::new();
    home.run_with("pZ4vQ8mT2xK7cW9rB5nH3jD6", &["setsecret", "-"]).text();
    let alpha = Service::start(&home, "alpha", None, &[]);
    let home = home.set("AEMP_SEEDS", &alpha.address);
    (home, alpha)
}

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
    home.run_with("pZ4vQ8mT2xK7cW9rB5nH3jD6", &["setsecret", "-"]).text();
    let mut alpha = Service::start(&home, "alpha", None, &[]);
    let seed = alpha.address.clone();
    let mut beta = Service::start(&home, "beta", Some(&seed), &["--heartbeat", "4"]);
    let home = home.set("AEMP_SEEDS", &seed).set("AEMP_CONNECT_INTERVAL", "0.2");

    let first = process(&home, "beta", 0);
    assert_ne!(first, u64::from(beta.child.id()), "the watchdog is another process");
    signal(first, "-KILL");
    let second = process(&home, "beta", first);
    signal(second, "-STOP");
    let third = process(&home, "beta", second);
    let text = home.run(&["--timeout", "60", "restart", "beta"]).text();
    assert_eq!(text, "node beta is back");
    beta.line(" INFO aemp: the node is started again, as asked");
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
    let (home, alpha) = alpha();
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
        home.run_with("pZ4vQ8mT2xK7cW9rB5nH3jD6", &["setsecret", "-"]).text();
        let path = home.folder().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
        let home = home.set("NOTIFY_SOCKET", path.to_str().unwrap());
        let alpha = Service::start(&home, "alpha", None, arguments);
        let next = || {
            let mut bytes = [0; 256];
            let length = socket.recv(&mut bytes).unwrap();
            String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
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
    home.run_with("pZ4vQ8mT2xK7cW9rB5nH3jD6", &["setsecret", "-"]).text();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let text = home.run(&["run", "alpha", "binds", &address]).failed(5);
    assert!(text.contains(&format!("bind: cannot listen on {address}")), "{text}");
    let text = home.run(&["run", "alpha", "services", "No::such"]).failed(5);
    assert!(text.contains("No::such"), "{text}");
    let text = home.run(&["run", "alpha", "binds"]).failed(2);
    assert!(text.contains("no such key: alpha; an even number of words is keys"), "{text}");
    let text = home.run(&["run", "alpha", "bindings", "x"]).failed(2);
    assert!(text.contains("no such key: bindings"), "{text}");
}

#[test]
fn what_stands_before_run_is_not_carried_out_again() {
    let home = Home::new();
    let mut command = home.command();
    command.args([
        "gensecret",
        "profile",
        "alpha",
        "setnodeid",
        "alpha",
        "setbinds",
        "127.0.0.1:0",
    ]);
    let mut alpha = Service::of({
        command.arg("run");
        command
    });
    let before = home.config();
    let home = home.set("AEMP_SEEDS", &alpha.address);
    signal(process(&home, "alpha", 0), "-KILL");
    alpha.line("the node is started again after");
    alpha.line("node alpha is running");
    assert_eq!(home.config(), before);
    alpha.signal("-TERM");
    assert_eq!(alpha.ended(), Some(0));
}

/// Puts a copy of the program there, at once. No file of this process is open for that: a process that
/// another test starts would keep it open, and nobody could start the copy.
fn install(path: &Path) {
    let new = path.with_extension("new");
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_aemp")).arg(&new).status();
    assert!(copied.unwrap().success());
    std::fs::rename(new, path).unwrap();
}

#[test]
fn the_program_may_be_replaced_while_it_runs() {
    let home = Home::new();
    home.run_with("pZ4vQ8mT2xK7cW9rB5nH3jD6", &["setsecret", "-"]).text();
    let alpha = Service::start(&home, "alpha", None, &[]);
    let program = home.folder().join("program");
    install(&program);
    let mut command = home.command_of(&program);
    command.args([
        "run",
        "beta",
        "nodeid",
        "beta",
        "binds",
        "127.0.0.1:0",
        "seeds",
        &alpha.address,
    ]);
    let mut beta = Service::of(command);
    let home = home.set("AEMP_SEEDS", &alpha.address).set("AEMP_CONNECT_INTERVAL", "0.2");

    let first = process(&home, "beta", 0);
    install(&program);
    let text = home.run(&["--timeout", "60", "restart", "beta"]).text();
    assert_eq!(text, "node beta is back");
    let second = process(&home, "beta", first);

    let away = program.with_extension("away");
    std::fs::rename(&program, &away).unwrap();
    signal(second, "-KILL");
    beta.line("cannot start ");
    std::fs::rename(&away, &program).unwrap();
    beta.line("node beta is running");
}

/// Makes the file one that whoever reads it waits for, until somebody writes it.
fn make_wait(secret: &Path) {
    let new = secret.with_extension("new");
    assert!(Command::new("mkfifo").arg(&new).status().unwrap().success());
    std::fs::rename(new, secret).unwrap();
}

#[test]
fn systemd_is_told_while_a_node_starts_again() {
    let home = Home::new();
    let path = home.folder().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let secret = home.folder().join("secret");
    std::fs::write(&secret, "pZ4vQ8mT2xK7cW9rB5nH3jD6").unwrap();
    let mut command = home.command();
    command.env("AEMP_SECRET_FILE", &secret).env("NOTIFY_SOCKET", &path);
    command.args(["run", "--grace", "0.1", "alpha", "nodeid", "alpha", "binds", "127.0.0.1:0"]);
    let mut alpha = Service::of(command);
    let home =
        home.set("AEMP_SEEDS", &alpha.address).set("AEMP_SECRET", "pZ4vQ8mT2xK7cW9rB5nH3jD6");
    make_wait(&secret);
    signal(process(&home, "alpha", 0), "-KILL");
    alpha.line("the node is started again after 1s");
    socket.set_nonblocking(true).unwrap();
    while socket.recv(&mut [0; 256]).is_ok() {}
    socket.set_nonblocking(false).unwrap();
    // More than the pause has room for.
    for _ in 0..4 {
        let mut bytes = [0; 256];
        let length = socket.recv(&mut bytes).unwrap();
        assert_eq!(bytes[..length].trim_ascii(), b"WATCHDOG=1");
    }
    std::fs::write(&secret, "pZ4vQ8mT2xK7cW9rB5nH3jD6").unwrap();
    alpha.line(" is running, and listens on ");
    alpha.signal("-TERM");
    assert_eq!(alpha.ended(), Some(0));
}

/// The line that tells that the node of this `aemp run` is up.
fn first_line(home: &Home, arguments: &[&str]) -> String {
    let mut command = home.command();
    command.args(arguments);
    let mut service = Service::begun(&mut command);
    let line = service.line(" is running");
    service.signal("-TERM");
    assert_eq!(service.ended(), Some(0));
    line
}

#[test]
fn words_are_read_as_those_of_configure() {
    let home = Home::new();
    home.run_with("pZ4vQ8mT2xK7cW9rB5nH3jD6", &["setsecret", "-", "setbinds", "127.0.0.1:0"])
        .text();
    home.run(&["profile", "alpha", "setnodeid", "from-alpha"]).text();
    for (arguments, node) in [
        (&["run", "nodeid", "zeta"][..], "zeta"),
        (&["run", "profile", "alpha", "nodeid", "x"], "from-alpha"),
        (&["run", "nodeid", "x", "profile", "alpha"], "from-alpha"),
        (&["run", "alpha", "nodeid", "x"], "from-alpha"),
        (&["run", "beta", "profile", "alpha"], "from-alpha"),
        (&["--profile", "alpha", "run", "nodeid", "x"], "from-alpha"),
        (&["--profile", "alpha", "run", "beta", "nodeid", "x"], "x"),
    ] {
        let arguments = [&["--json"], arguments, &["--no-watchdog"]].concat();
        let line: Json = serde_json::from_str(&first_line(&home, &arguments)).unwrap();
        let message = line["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("node {node} is running")), "{arguments:?}: {line}");
        assert_eq!((&line["level"], &line["target"]), (&Json::from("INFO"), &Json::from("aemp")));
    }
}

#[test]
fn a_node_is_named_like_its_profile_and_shows_messages_to_who_wants_them() {
    let home = Home::new();
    home.run_with(
        "pZ4vQ8mT2xK7cW9rB5nH3jD6",
        &["setsecret", "-", "profile", "named", "setbinds", "127.0.0.1:0"],
    )
    .text();
    let mut command = home.command();
    command.env("PERL_ANYEVENT_MP_TRACE", "1").args(["run", "named", "--no-watchdog"]);
    let mut named = Service::begun(&mut command);
    named.line("INFO aemp: node named is running");
    // What it asks itself, as a sign of life.
    named.line("TRACE aemp::messages: sent to named, here: [\"time\",");
    named.signal("-TERM");
    assert_eq!(named.ended(), Some(0));
}

/// A slip must not open a node of its own on all addresses.
#[test]
fn a_profile_that_is_not_there_is_not_run_unless_something_is_set() {
    let home = Home::new();
    home.run_with(
        "pZ4vQ8mT2xK7cW9rB5nH3jD6",
        &["setsecret", "-", "profile", "delta", "setbinds", "127.0.0.1:0"],
    )
    .text();
    let text = home.run(&["run", "dleta"]).failed(1);
    let expected = "there are: delta; did you mean \"delta\"? (aemp run dleta nodeid dleta runs ";
    assert!(text.contains("there is no profile \"dleta\"") && text.contains(expected), "{text}");
    assert!(home.run(&["--profile", "x", "run"]).failed(1).contains("no profile \"x\""));
    let text = home.run(&["run", "nodeid"]).failed(1);
    assert!(text.ends_with("(nodeid is a key, whose value is missing)"), "{text}");
    let line = first_line(&home, &["run", "other", "binds", "127.0.0.1:0", "--no-watchdog"]);
    assert!(line.contains("node other is running, and listens on 127.0.0.1:"), "{line}");
    assert!(!line.contains("no binds are set"), "{line}");
    let line = first_line(&home, &["run", "nodeid", "everywhere", "--no-watchdog"]);
    assert!(line.contains("listens on all addresses of this machine: "), "{line}");
    assert!(line.ends_with(" (no binds are set)"), "{line}");
}

#[test]
fn a_seed_on_the_line_counts_above_the_profile() {
    let home = Home::new();
    home.run_with("pZ4vQ8mT2xK7cW9rB5nH3jD6", &["setsecret", "-", "setseeds", "127.0.0.1:1"])
        .text();
    let mut alpha = Service::start(&home, "alpha", None, &[]);
    let mut command = home.command();
    command.args([
        "--seed",
        &alpha.address,
        "run",
        "beta",
        "nodeid",
        "beta",
        "binds",
        "127.0.0.1:0",
    ]);
    let _beta = Service::of(command);
    alpha.line("node beta is up");
}

#[cfg(target_os = "linux")]
#[test]
fn a_node_may_start_another() {
    use std::os::unix::ffi::OsStrExt;

    let (home, _alpha) = alpha();
    let process = process(&home, "alpha", 0);
    let environment = std::fs::read(format!("/proc/{process}/environ")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_aemp"));
    command.env_clear().args(["run", "beta", "nodeid", "beta", "binds", "127.0.0.1:0"]);
    for variable in environment.split(|byte| *byte == 0).filter(|text| !text.is_empty()) {
        let at = variable.iter().position(|byte| *byte == b'=').unwrap();
        let (name, value) = (&variable[..at], &variable[at + 1..]);
        command.env(std::ffi::OsStr::from_bytes(name), std::ffi::OsStr::from_bytes(value));
    }
    let beta = Service::of(command);
    beta.signal("-TERM");
    assert_eq!(beta.ended(), Some(0));
    let text = home.run(&["--watched", "run", "beta", "nodeid", "beta"]).failed(2);
    assert!(text.contains("--watched is for what a watchdog starts"), "{text}");
}

#[test]
fn setting_up_has_a_limit_of_its_own() {
    let home = Home::new();
    let secret = home.folder().join("secret");
    make_wait(&secret);
    let mut command = home.command();
    command.env("AEMP_SECRET_FILE", &secret);
    command.args(["run", "--heartbeat", "0.5", "--startup", "2", "--grace", "0.1", "alpha"]);
    command.args(["nodeid", "alpha", "binds", "127.0.0.1:0"]);
    let mut alpha = Service::begun(&mut command);
    // The watchdog reads it, too; its child then waits for it for ever.
    std::fs::write(&secret, "pZ4vQ8mT2xK7cW9rB5nH3jD6").unwrap();
    alpha.line("ERROR aemp: the node is not up after 2s (--startup): it is killed");
    alpha.line("the node is started again after 1s");
    alpha.signal("-TERM");
    assert_eq!(alpha.ended(), Some(0));
}

/// The secret of a line goes through standard input, to the watchdog and on to each of its children.
#[test]
fn a_secret_is_typed_in_and_never_seen() {
    let home = Home::new();
    let line = ["run", "alpha", "nodeid", "alpha", "binds", "127.0.0.1:0", "secret", "-"];
    let mut command = home.command();
    command.args(line).stdin(std::process::Stdio::piped());
    let mut alpha = Service::begun(&mut command);
    std::io::Write::write_all(
        &mut alpha.child.stdin.take().unwrap(),
        b"pZ4vQ8mT2xK7cW9rB5nH3jD6\n",
    )
    .unwrap();
    let up = alpha.line(" is running, and listens on ");
    let home = home
        .set("AEMP_SEEDS", up.rsplit_once(' ').unwrap().1)
        .set("AEMP_SECRET", "pZ4vQ8mT2xK7cW9rB5nH3jD6");
    let child = process(&home, "alpha", 0);
    for id in [u64::from(alpha.child.id()), child] {
        for file in ["cmdline", "environ"] {
            let seen = std::fs::read(format!("/proc/{id}/{file}")).unwrap();
            assert!(
                !String::from_utf8_lossy(&seen).contains("pZ4vQ8mT2xK7cW9rB5nH3jD6"),
                "{file} of {id}"
            );
        }
    }
    signal(child, "-KILL");
    alpha.line(" is running, and listens on ");
    alpha.signal("-TERM");
    assert_eq!(alpha.ended(), Some(0));
}

/// An operator has the secret read again; a terminal that closes ends nothing without a farewell.
#[test]
fn a_hang_up_reads_secrets_again_and_ends_nothing() {
    for arguments in [&[][..], &["--no-watchdog"]] {
        let home = Home::new();
        home.run_with("old", &["setsecret", "-"]).text();
        let mut alpha = Service::start(&home, "alpha", None, arguments);
        let seed = alpha.address.clone();
        home.run_with("new", &["setsecret", "-"]).text();
        let asks = ["--timeout", "60", "--seed", &seed, "cal", "alpha", "time"];
        let text = home.run(&asks).failed(4);
        assert!(text.contains("secret"), "{text}");
        alpha.signal("-HUP");
        alpha.line(" INFO aemp: secrets and certificates were read again");
        home.run(&asks).text();

        home.write("{ \"secret\": ");
        alpha.signal("-HUP");
        alpha.line("ERROR aemp: secrets and certificates stay as they were");
        let other = home.folder().join("none").to_str().unwrap().to_owned();
        home.set("AEMP_RC", &other).set("AEMP_SECRET", "new").run(&asks).text();
        alpha.signal("-TERM");
        assert_eq!(alpha.ended(), Some(0), "{arguments:?}");
    }
}

#[test]
fn what_is_missing_is_told_with_the_command_to_give() {
    let home = Home::new();
    let text = home.run(&["run", "alpha", "binds", "127.0.0.1:0"]).failed(5);
    assert!(text.contains("aemp setsecret, or AEMP_SECRET"), "{text}");
    home.run_with("pZ4vQ8mT2xK7cW9rB5nH3jD6", &["setsecret", "-"]).text();
    let text = home.run(&["run", "typo", "services", "No::such"]).failed(5);
    assert!(text.contains("WARN") && text.contains("there is no profile \"typo\" in "), "{text}");
    assert!(text.contains("functions of this program: "), "{text}");
    assert!(text.contains("run the program that has it"), "{text}");
}
