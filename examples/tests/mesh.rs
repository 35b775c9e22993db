//! The programs that find each other through groups, as people use them.

mod support;

use support::{Program, example};

/// What all of them share.
const SECRET: &str = "twelve apples, eleven pears and a quince";

/// A program of the mesh; without a seed it is the first one.
fn start(name: &str, words: &[&str], seed: Option<&str>) -> Program {
    let mut command = example(name);
    command.args(words).env("AEMP_SECRET", SECRET);
    if let Some(seed) = seed {
        command.args(["--seed", seed]);
    }
    Program::start(&format!("{name} {}", words.join(" ")), command)
}

/// Where it listens.
fn address(program: &mut Program) -> String {
    let line = program.wait_for("listening on ");
    line.rsplit(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn the_time_comes_from_all_senders_to_all_receivers() {
    let mut one = start("time_receiver", &[], None);
    let seed = address(&mut one);
    let mut first = start("time_sender", &["50"], Some(&seed));
    first.wait_for("receivers: 1");
    one.wait_for("it is ");
    let mut two = start("time_receiver", &[], Some(&seed));
    first.wait_for("receivers: 2");
    two.wait_for("it is ");
    let mut second = start("time_sender", &["50"], Some(&seed));
    second.wait_for("receivers: 2");
    let speaker = |line: String| line.rsplit(' ').next().unwrap_or_default().to_owned();
    let one_of_them = speaker(two.wait_for("says "));
    while speaker(two.wait_for("says ")) == one_of_them {}
    first.kill();
    one.kill();
    second.wait_for("receivers: 1");
    two.wait_for("it is ");
}

#[test]
fn jobs_are_done_by_all_workers_and_again_when_one_is_killed() {
    let mut one = start("jobs", &["work"], None);
    let seed = address(&mut one);
    let mut two = start("jobs", &["work"], Some(&seed));
    two.wait_for("listening");
    let mut count = start("jobs", &["count", "3000000"], Some(&seed));
    count.wait_for("workers: 2");
    two.kill();
    count.wait_for("workers: 1");
    let _three = start("jobs", &["work"], Some(&seed));
    let (status, printed) = count.end();
    assert!(status.success(), "{printed}");
    assert!(printed.contains("216816 primes below 3000000"), "{printed}");
}

#[test]
fn a_bridge_has_a_head_for_each_user() {
    let mut server = start("bridge", &["server", "one"], None);
    let seed = address(&mut server);
    let mut second = start("bridge", &["server", "two"], Some(&seed));
    second.wait_for("listening");
    let mut joe = start("bridge", &["join", "joe", "one"], Some(&seed));
    joe.wait_for("* joined");
    let mut sue = start("bridge", &["join", "sue", "one"], Some(&seed));
    sue.wait_for("* joined; others here: 1");
    joe.wait_for("* sue has joined");
    let mut tom = start("bridge", &["join", "tom", "two"], Some(&seed));
    sue.wait_for("* tom has joined");
    joe.types("hello");
    sue.wait_for("<joe> hello");
    tom.wait_for("<joe> hello");
    tom.kill();
    sue.wait_for("* tom has left (transport_error");
    let (status, printed) = start("bridge", &["join", "j e", "one"], Some(&seed)).end();
    assert_eq!(status.code(), Some(1), "{printed}");
    assert!(printed.contains(r#""j e" is no nick"#), "{printed}");
    server.kill();
    let (status, printed) = sue.end();
    assert_eq!(status.code(), Some(1), "{printed}");
    assert!(printed.contains("bridge: server one: transport_error"), "{printed}");
}

#[test]
fn misuse_is_explained() {
    for (name, words, problem) in [
        ("time_sender", vec!["often"], r#""often" are no milliseconds"#),
        ("time_sender", vec!["--often"], "there is no option --often"),
        ("time_receiver", vec!["now"], r#""now" is too much"#),
        ("jobs", vec![], "work or count?"),
        ("jobs", vec!["count", "all"], r#""all" is no number"#),
        ("bridge", vec!["join", "joe"], "join as whom, through which server?"),
        ("bridge", vec!["server", "x", "--bind"], "--bind needs a value"),
    ] {
        let (status, printed) = start(name, &words, None).end();
        assert_eq!(status.code(), Some(2), "{printed}");
        assert!(printed.contains(&format!("{name}: {problem}")), "{words:?}: {printed}");
        assert!(printed.contains(&format!("usage: {name}")), "{words:?}: {printed}");
    }
}

#[test]
fn a_secret_is_needed() {
    let (status, printed) = Program::start("no secret", example("time_sender")).end();
    assert_eq!(status.code(), Some(2));
    assert!(printed.contains("no secret"), "{printed}");
}
