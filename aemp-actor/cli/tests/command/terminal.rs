//! What people see on a terminal, and programs do not: colours, and that something is waited for.

use std::process::{Command, Stdio};

use crate::home::Home;
use crate::home::service::{Service, signal};
use crate::home::terminal::Terminal;
use crate::support::{soon, tcp_node};
use aemp_actor::prelude::*;

const SIZE: (u16, u16) = (100, 24);

/// Runs it beside the node of the test, on a thread of its own.
async fn beside<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    soon("the session", tokio::task::spawn_blocking(run)).await.unwrap()
}

fn aemp(home: &Home, arguments: &[&str]) -> Command {
    let mut command = home.command();
    command.args(["--timeout", "60"]).args(arguments);
    command
}

#[test]
fn a_secret_that_is_typed_is_not_shown() {
    let home = Home::new();
    let mut terminal = Terminal::start(aemp(&home, &["setsecret"]), SIZE);
    terminal.sees("secret: ");
    terminal.types("pZ4vQ8mT2xK7cW9rB5nH3jD6\r");
    let (code, text) = terminal.ends();
    assert!(code == Some(0) && !text.contains("pZ4vQ8mT2xK7cW9rB5nH3jD6"), "{text:?}");
    let shown = home.run(&["showconfig", "x"]).json();
    assert_eq!(shown["secret"], serde_json::json!("pZ4vQ8mT2xK7cW9rB5nH3jD6"));
}

#[test]
fn a_secret_that_is_not_typed_to_its_end_leaves_the_terminal_as_it_was() {
    let home = Home::new();
    for abort in ["gehe\x03", "\x04"] {
        let mut terminal = Terminal::start(aemp(&home, &["setsecret"]), SIZE);
        terminal.sees("secret: ");
        assert!(!terminal.is_cooked());
        terminal.types(abort);
        terminal.sees("aborted");
        assert!(terminal.is_cooked());
        let (code, text) = terminal.ends();
        assert!(code == Some(2) && !text.contains("gehe"), "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_has_colours_unless_they_are_not_wanted() {
    let node = tcp_node("alpha").await;
    let home = Home::with_seed(&node.listeners()[0]);
    let texts = beside(move || {
        let all = |command| {
            let (code, text) = Terminal::start(command, SIZE).ends();
            assert_eq!(code, Some(0), "{text}");
            text
        };
        let plain = |name: &str, value: &str| {
            let mut command = aemp(&home, &["nodes"]);
            command.env(name, value);
            all(command)
        };
        let coloured = [all(aemp(&home, &["nodes"])), plain("NO_COLOR", "")];
        let no = [
            plain("NO_COLOR", "1"),
            all(aemp(&home, &["--json", "nodes"])),
            home.run(&["nodes"]).out,
        ];
        (coloured, no)
    });
    let (coloured, plain) = texts.await;
    for text in coloured {
        assert!(
            text.contains("\x1b[1mNODE\x1b[0m") && text.contains("\x1b[32mup\x1b[0m"),
            "{text:?}"
        );
    }
    for text in plain {
        assert!(text.contains("alpha") && !text.contains('\x1b'), "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_has_colours_where_the_results_have() {
    let node = tcp_node("alpha").await;
    let home = Home::with_seed(&node.listeners()[0]);
    let (coloured, plain) = beside(move || {
        let all = |command| Terminal::start(command, SIZE).ends().1;
        let mut command = aemp(&home, &["-v", "nodes"]);
        command.env("NO_COLOR", "1");
        (all(aemp(&home, &["-v", "nodes"])), all(command))
    })
    .await;
    assert!(coloured.contains("\x1b[32m INFO"), "{coloured:?}");
    assert!(plain.contains("INFO") && !plain.contains('\x1b'), "{plain:?}");
}

/// A port that answers when it is told to.
fn late_port(node: &Node) -> (PortId, tokio::sync::mpsc::UnboundedReceiver<PortId>) {
    let (sender, asked) = tokio::sync::mpsc::unbounded_channel();
    let port = node.port_fn(move |_, message: Message| {
        let (reply,): (PortId,) = message.args().unwrap();
        drop(sender.send(reply));
    });
    (port.id(), asked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_wait_is_shown_and_leaves_nothing_behind() {
    let node = tcp_node("alpha").await;
    let home = Home::with_seed(&node.listeners()[0]);
    let (port, mut asked) = late_port(&node);
    let id = port.to_string();
    let command = aemp(&home, &["cal", &id, "question"]);
    let waiting = format!("cal {id}: waiting, 1 of 60 s");
    let session = beside(move || {
        let mut session = Terminal::start(command, SIZE);
        session.sees(&waiting);
        session
    });
    let session = session.await;
    let reply = asked.recv().await.unwrap();
    node.snd(&reply, ("the answer",));
    let (code, rest) = beside(move || session.ends()).await;
    assert_eq!(code, Some(0), "{rest:?}");
    let (before, after) = rest.rsplit_once("\r\x1b[K").unwrap();
    assert_eq!(after, "\"the answer\"\r\n", "after {before:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_narrow_terminal_has_one_line_of_it_and_mon_has_no_limit() {
    let node = tcp_node("alpha").await;
    let home = Home::with_seed(&node.listeners()[0]);
    let port = node.port_fn(|_, _| ());
    let id = port.id().to_string();
    let mut command = home.command();
    command.args(["mon", &id]);
    let wide = format!("mon {id}: waiting, 1 s");
    let session = beside(move || {
        let mut session = Terminal::start(command, SIZE);
        session.sees(&wide);
        session.resize((10, 5));
        // As much as has room, from its beginning on: nine columns.
        session.sees("\rmon alpha\x1b[K");
        session
    });
    let session = session.await;
    node.kil(&port, ("bye", "bye"));
    let (code, rest) = beside(move || session.ends()).await;
    assert_eq!(code, Some(0), "{rest:?}");
    assert!(rest.ends_with("\r\x1b[Kbye: bye\r\n"), "{rest:?}");
}

#[test]
fn joining_and_restarting_are_waits_too() {
    let home = Home::new();
    home.run_with(crate::support::SECRET, &["setsecret", "-"]).text();
    let alpha = Service::start(&home, "alpha", None, &["--no-watchdog"]);
    let address = alpha.address.clone();
    let home = home.set("AEMP_SEEDS", &address);
    // A process that hangs accepts connections, and says nothing.
    alpha.signal("-STOP");
    let mut session = Terminal::start(aemp(&home, &["nodes"]), SIZE);
    session.sees(&format!("joining the network ({address}): waiting, 1 of 60 s"));
    alpha.signal("-CONT");
    let (code, rest) = session.ends();
    assert_eq!(code, Some(0), "{rest:?}");
    assert!(rest.rsplit_once("\r\x1b[K").unwrap().1.contains("alpha"), "{rest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_are_shown_nothing() {
    let node = tcp_node("alpha").await;
    let home = Home::with_seed(&node.listeners()[0]);
    let (port, mut asked) = late_port(&node);
    let id = port.to_string();
    // On a terminal with --json, and without a terminal.
    let session = Terminal::start(aemp(&home, &["--json", "cal", &id, "question"]), SIZE);
    let mut piped = aemp(&home, &["cal", &id, "question"]);
    let piped = piped.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let replies = [asked.recv().await.unwrap(), asked.recv().await.unwrap()];
    // Those who are shown something are shown it by now.
    let watcher = Terminal::start(aemp(&home, &["cal", &id, "question"]), SIZE);
    let watcher = beside(move || {
        let mut watcher = watcher;
        watcher.sees(": waiting, 2 of 60 s");
        watcher
    })
    .await;
    for reply in replies {
        node.snd(&reply, ("late",));
    }
    assert_eq!(beside(move || session.ends()).await, (Some(0), "[\"late\"]\r\n".to_owned()));
    let done = beside(move || piped.wait_with_output().unwrap()).await;
    assert_eq!((&*done.stdout, &*done.stderr), (&b"\"late\"\n"[..], &b""[..]));
    drop(watcher);
}

#[test]
fn a_reader_that_is_gone_is_no_reason_to_fail() {
    let home = Home::new();
    home.run_with(crate::support::SECRET, &["setsecret", "-"]).text();
    let mut alpha = Service::start(&home, "alpha", None, &["--no-watchdog", "--verbosity", "9"]);
    let home = home.set("AEMP_SEEDS", &alpha.address);
    alpha.closes_its_log();
    for _ in 0..3 {
        // Each is news, and logged.
        home.run(&["--timeout", "60", "nodes"]).text();
    }
    signal(alpha.child.id().into(), "-TERM");
    assert_eq!(alpha.ended(), Some(0));
}

/// Each line of another node is printed in a port, which must not die of it.
#[test]
fn a_log_catcher_goes_on_when_nobody_reads() {
    let home = Home::new();
    home.run_with(crate::support::SECRET, &["setsecret", "-"]).text();
    let catch = r#"["AnyEvent::MP::LogCatcher::catch",9]"#;
    home.run(&["profile", "alpha", "addservice", catch]).text();
    let mut alpha = Service::start(&home, "alpha", None, &["--no-watchdog"]);
    let beta = Service::start(&home, "beta", Some(&alpha.address), &["--no-watchdog"]);
    let home = home.set("AEMP_SEEDS", &beta.address);
    let caught = || -> u64 {
        let ports = home.run(&["--timeout", "60", "--json", "ports", "alpha"]).json();
        let ports = ports["ports"].as_array().unwrap().iter();
        let closures = ports.filter(|port| port["kind"] == "closure");
        closures.map(|port| port["handled"].as_u64().unwrap()).sum()
    };
    // Each of these commands is news for beta, and logged there; alpha has asked for that.
    let more_than = |least| std::iter::repeat_with(&caught).find(|now| *now > least).unwrap();
    let mut last = more_than(0);
    alpha.closes_its_log();
    for _ in 0..4 {
        last = more_than(last);
    }
}

#[test]
fn a_node_that_hangs_is_a_matter_of_time() {
    let home = Home::new();
    home.run_with(crate::support::SECRET, &["setsecret", "-"]).text();
    let alpha = Service::start(&home, "alpha", None, &["--no-watchdog"]);
    let beta = Service::start(&home, "beta", Some(&alpha.address), &["--no-watchdog"]);
    let home = home.set("AEMP_SEEDS", &alpha.address);
    home.run(&["--timeout", "60", "cal", "beta", "info"]).text();
    beta.signal("-STOP");
    for arguments in [["cal", "beta", "info"], ["snd", "beta#x", "y"], ["info", "beta", "-j"]] {
        let done = home.run(&[&["--timeout", "6"], &arguments[..]].concat());
        assert_eq!(done.code, 3, "{done:?}");
        assert!(done.err.contains("beta") && done.err.contains("no"), "{done:?}");
    }
    beta.signal("-CONT");
}
