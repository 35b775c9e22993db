//! The programs that need no other ones, or start them themselves; a server and its client.

mod support;

use support::{Program, example};

/// Runs an example to its end, which has to be a good one.
fn run(name: &str, words: &[&str]) -> String {
    let mut command = example(name);
    command.args(words);
    let (status, printed) = Program::start(name, command).end();
    assert!(status.success(), "{name}: {printed}");
    printed
}

#[test]
fn hello_greets() {
    assert_eq!(run("hello", &[]), "hello, world");
    let code = include_str!("../hello.rs").lines().skip_while(|line| line.starts_with("//!"));
    let lines = code.filter(|line| !line.is_empty()).count();
    assert!(lines <= 16, "a program of 15 lines and an import has {lines}");
}

#[test]
fn a_client_is_answered_by_the_server() {
    let mut server = Program::start("server", example("server"));
    // The command that it prints for others: AEMP_SECRET=… cargo run --example client -- …
    let line = server.wait_for("AEMP_SECRET=");
    let (secret, rest) = line["AEMP_SECRET=".len()..].split_once(' ').expect("a secret");
    let words = rest.strip_prefix("cargo run --example client -- ").expect("the client");
    let client = |words: &str, secret: &str| {
        let mut command = example("client");
        command.args(words.split(' ')).env("AEMP_SECRET", secret);
        Program::start("client", command).end()
    };
    let (status, printed) = client(words, secret);
    assert!(status.success(), "{printed}");
    assert_eq!(printed, "welcome, joe: nobody was here before");
    server.wait_for("joe was here");
    let (_, printed) = client(&words.replace("joe", "sue"), secret);
    assert_eq!(printed, "welcome, sue: joe were here before");
    let (status, printed) = client(words, "guessed");
    assert_eq!(status.code(), Some(1), "{printed}");
    assert!(printed.contains("wrong secret"), "{printed}");
}

#[test]
fn a_worker_is_started_again_until_it_fails_too_often() {
    let printed = run("supervised", &[]);
    let lines: Vec<&str> = printed.lines().collect();
    let has = |line: &str| assert!(lines.contains(&line), "{line}: {printed}");
    has("worker-2: 42 / 6 = 7, and 2 done in this life");
    has("worker-2: started again");
    has("worker-2: 42 / 2 = 21, and 1 done in this life");
    has("worker-3: 42 / 2 = 21, and 3 done in this life");
    let gives_up =
        lines.iter().any(|line| line.starts_with("the supervisor gives up: max_restarts: "));
    assert!(gives_up, "{printed}");
}

#[test]
fn children_are_started_again_and_counted() {
    let printed = run("restarts", &["500"]);
    assert!(printed.starts_with("500 children were started again in "), "{printed}");
}

#[test]
fn no_job_is_lost_though_processes_are_killed() {
    let printed = run("job_pool", &["2000", "--kills", "5"]);
    let last = printed.lines().last().expect("lines");
    assert!(last.starts_with("2000 jobs done, 0 lost, 5 processes killed"), "{printed}");
}

#[test]
fn the_store_finds_every_key_while_nodes_come_and_go() {
    let printed = run("kv", &[]);
    let lines: Vec<&str> = printed.lines().collect();
    let has = |line: &str| assert!(lines.contains(&line), "{line}: {printed}");
    has("while a node joins, 1000 keys are found");
    has("while a node leaves, 1000 keys are found");
    has("1000 keys are found");
    // Each node has its share, and what moves is no more than that.
    for line in lines.iter().filter(|line| line.contains(" has ")) {
        let counts = line.split(" has ").skip(1).filter_map(|part| {
            part.split(',').next().and_then(|count| count.parse::<usize>().ok())
        });
        let counts: Vec<usize> = counts.collect();
        let fair = 1000 / counts.len().max(1);
        assert!(counts.iter().all(|count| count.abs_diff(fair) < fair / 2), "{line}");
        assert_eq!(counts.iter().sum::<usize>(), 1000, "{line}");
    }
}

#[test]
fn misuse_is_explained() {
    for (name, words, problem) in [
        ("server", &["now"][..], r#"server: "now" is too much"#),
        ("client", &[], "client: what is your name?"),
        ("client", &["joe", "--seed", "127.0.0.1:1"], "client: no secret"),
        ("job_pool", &["many"], "usage: job_pool"),
    ] {
        let mut command = example(name);
        command.args(words);
        let (status, printed) = Program::start(name, command).end();
        assert!(!status.success(), "{printed}");
        assert!(printed.contains(problem), "{words:?}: {printed}");
    }
}
