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
fn a_chat_without_a_server_has_a_history() {
    let mut joe = start("pubsub_chat", &["joe"], None);
    let seed = address(&mut joe);
    joe.wait_for("* you are joe");
    joe.types("anybody?");
    joe.types("it is late");
    let mut sue = start("pubsub_chat", &["sue"], Some(&seed));
    let second = address(&mut sue);
    sue.wait_for("<joe> anybody?");
    sue.wait_for("<joe> it is late");
    sue.wait_for("* you are sue");
    joe.wait_for("* sue has joined");
    sue.types("hello \u{1b}[2Jjoe");
    joe.wait_for("<sue> hello [2Jjoe");
    // What was said is remembered by those who are left.
    joe.kill();
    let mut other = start("pubsub_chat", &["tom"], Some(&second));
    other.wait_for("<joe> anybody?");
    other.wait_for("<sue> hello [2Jjoe");
    other.types("/quit");
    let (status, printed) = other.end();
    assert!(status.success(), "{printed}");
    assert_eq!(printed.matches("it is late").count(), 1, "{printed}");
    sue.wait_for("* tom has left");
}

#[test]
fn misuse_is_explained() {
    for (name, words, problem) in [
        ("time_sender", vec!["often"], r#""often" are no milliseconds"#),
        ("time_sender", vec!["--often"], "there is no option --often"),
        ("time_receiver", vec!["now"], r#""now" is too much"#),
        ("pubsub_chat", vec![], "what is your nick?"),
        ("pubsub_chat", vec!["joe", "sue"], r#""sue" is too much"#),
        ("pubsub_chat", vec!["joe", "--bind"], "--bind needs a value"),
    ] {
        let (status, printed) = start(name, &words, None).end();
        assert_eq!(status.code(), Some(2), "{printed}");
        assert!(printed.contains(&format!("{name}: {problem}")), "{words:?}: {printed}");
        assert!(printed.contains(&format!("usage: {name}")), "{words:?}: {printed}");
    }
}

#[test]
fn a_secret_is_needed() {
    let mut command = example("time_sender");
    command.args(["--seed", "127.0.0.1:1"]);
    let (status, printed) = Program::start("no secret", command).end();
    assert_eq!(status.code(), Some(2));
    assert!(printed.contains("no secret"), "{printed}");
}
