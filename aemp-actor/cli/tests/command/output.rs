//! Where the command's output goes: to somebody who has gone, or nowhere.

use std::process::{Child, Stdio};

use crate::home::Home;
use crate::support::soon;

/// Starts the command, and reads nothing of what it prints.
fn unread(home: &Home, arguments: &[&str]) -> Child {
    let mut child = home.command().args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    child
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_without_end_end_with_their_reader() {
    let alpha = crate::support::tcp_node("alpha").await;
    let port = alpha.port_fn(|_, _| {});
    let home = Home::with_seed(&alpha.listeners()[0]);
    let port = port.id().to_string();
    for arguments in [&["log"][..], &["tap", &port], &["mon", &port]] {
        let mut child = unread(&home, arguments);
        let ended = tokio::task::spawn_blocking(move || child.wait().unwrap());
        let status = soon("the end of the command", ended).await.unwrap();
        assert_eq!(status.code(), Some(0), "{arguments:?}");
    }
    // What does something does it all the same.
    let mut child = unread(&home, &["kil", &port]);
    let ended = tokio::task::spawn_blocking(move || child.wait().unwrap());
    assert_eq!(ended.await.unwrap().code(), Some(0));
    let text = home.aemp(&["kil", &port]).await.failed(1);
    assert!(text.contains("no such port"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told() {
    let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else { return };
    let alpha = crate::support::tcp_node("alpha").await;
    let home = Home::with_seed(&alpha.listeners()[0]);
    for arguments in [&["showconfig", "x"][..], &["--help"], &["completions", "bash"], &["nodes"]] {
        let mut command = home.command();
        command.args(arguments).stdout(full.try_clone().unwrap());
        let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(1), "{arguments:?}: {text}");
        assert!(text.contains("cannot write to standard output: "), "{arguments:?}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_has_to_come_in_time() {
    let alpha = crate::support::tcp_node("alpha").await;
    let home = Home::with_seed(&alpha.listeners()[0]);
    let command = ["-t", "2", "top", "--once", "--interval", "1e9"];
    let done = tokio::task::spawn_blocking(move || home.run(&command)).await.unwrap();
    let error = done.failed(3);
    assert!(error.contains("no table within 2s"), "{error}");
}

#[test]
fn a_filter_that_cannot_be_understood_is_told_of() {
    let home = Home::new().set("AEMP_LOG", "###");
    home.run_with("0123456789abcdef", &["setsecret", "-"]).text();
    let error = home.run(&["-s", "127.0.0.1:1", "-t", "0.1", "nodes"]).failed(4);
    assert!(error.contains("AEMP_LOG: \"###\" is no filter such as aemp=debug"), "{error}");
    let checked = home.run(&["check"]).text();
    assert!(checked.contains("AEMP_LOG: \"###\" is no filter"), "{checked}");
}
