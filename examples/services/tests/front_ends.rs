//! The HTTP front end, and the notes in a database: the real programs.

#[path = "../../tests/support/mod.rs"]
mod support;

use std::io::{Read, Write};
use std::net::TcpStream;

use support::{Program, example};

/// One request over HTTP; the status and the body.
fn http(address: &str, method: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("the program listens");
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("it answers");
    let (head, body) = response.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), body.to_owned())
}

#[test]
fn votes_are_counted_over_http() {
    let mut command = example("web");
    command.arg("127.0.0.1:0");
    let mut web = Program::start("web", command);
    let line = web.wait_for("listening on http://");
    let (_, address) = line.split_once("http://").expect("an address");
    assert_eq!(http(address, "GET", "/votes"), (200, "{}".to_owned()));
    assert_eq!(http(address, "POST", "/votes/tea"), (200, "1".to_owned()));
    assert_eq!(http(address, "POST", "/votes/tea"), (200, "2".to_owned()));
    assert_eq!(http(address, "POST", "/votes/caf%C3%A9"), (200, "1".to_owned()));
    assert_eq!(http(address, "GET", "/votes"), (200, r#"{"café":1,"tea":2}"#.to_owned()));
    let (status, text) = http(address, "POST", &format!("/votes/{}", "x".repeat(101)));
    assert_eq!((status, text.as_str()), (400, "a choice has 100 bytes at the most"));
    assert_eq!(http(address, "GET", "/nothing").0, 404);
}

#[test]
fn notes_stay_in_the_file() {
    let file = std::env::temp_dir().join(format!("aemp-notes-{}.db", std::process::id()));
    drop(std::fs::remove_file(&file));
    let run = |words: &[&str]| {
        let mut command = example("notes");
        command.arg(&file).args(words);
        let (status, printed) = Program::start("notes", command).end();
        (status.success(), printed)
    };
    assert_eq!(run(&["add", "buy milk"]), (true, "note 1".to_owned()));
    assert_eq!(run(&["add", "it's '; DROP TABLE notes"]), (true, "note 2".to_owned()));
    let both = "   1  buy milk\n   2  it's '; DROP TABLE notes";
    assert_eq!(run(&["list"]), (true, both.to_owned()));
    assert_eq!(run(&["done", "1"]), (true, "note 1 is done".to_owned()));
    let (good, printed) = run(&["done", "1"]);
    assert!(!good && printed.contains("there is no note 1"), "{printed}");
    let (good, printed) = run(&["burn"]);
    assert!(!good && printed.contains("usage: notes"), "{printed}");
    std::fs::write(&file, "no database at all, but text that is long enough").expect("written");
    let (good, printed) = run(&["list"]);
    assert!(!good && printed.contains("not a database"), "{printed}");
    drop(std::fs::remove_file(&file));
}
