//! The chat, as people use it: the real program, several times.

mod support;

use support::{Program, example};

const SECRET: &str = "twelve apples, eleven pears and a quince";

/// A server and its address. `bind` is `127.0.0.1:0`, or where one was before.
fn server(bind: &str) -> (Program, String) {
    let mut command = example("chat");
    command.args(["server", "--bind", bind]).env("AEMP_SECRET", SECRET);
    let mut server = Program::start("the server", command);
    let line = server.wait_for("listening on ");
    let address = line.rsplit(' ').next().unwrap_or_default().to_owned();
    (server, address)
}

/// A client that may or may not be let in.
fn visitor(nick: &str, address: &str, secret: &str) -> Program {
    let mut command = example("chat");
    command.args(["client", nick, "--seed", address]).env("AEMP_SECRET", secret);
    Program::start(nick, command)
}

/// A client that is in.
fn client(nick: &str, address: &str) -> Program {
    let mut client = visitor(nick, address, SECRET);
    client.wait_for(&format!("joined as {nick};"));
    client
}

#[test]
fn people_talk_come_and_go() {
    let (mut server, address) = server("127.0.0.1:0");
    let mut joe = client("joe", &address);
    let mut sue = client("sue", &address);
    joe.wait_for("* sue has joined");
    joe.types("hello \u{1b}[2Jsue");
    sue.wait_for("<joe> hello [2Jsue");
    sue.types("hi joe");
    joe.wait_for("<sue> hi joe");
    sue.types("/who");
    let here = sue.wait_for("* here are: ");
    assert!(here.contains("joe") && here.contains("sue"), "{here}");
    sue.types("/quit so long");
    joe.wait_for("* sue has left (quit: so long)");
    assert!(sue.end().0.success());
    server.wait_for("sue has left (quit: so long)");
}

#[test]
fn a_server_without_a_secret_makes_one_and_says_how_to_join() {
    let mut command = example("chat");
    command.args(["server", "--bind", "127.0.0.1:0"]);
    let mut server = Program::start("the server", command);
    let line = server.wait_for("AEMP_SECRET=");
    let (secret, rest) = line["AEMP_SECRET=".len()..].split_once(' ').expect("a secret");
    let rest = rest.strip_prefix("cargo run --example chat -- client NICK --seed ");
    let mut joe = visitor("joe", rest.expect("the command of clients"), secret);
    joe.wait_for("joined as joe;");
}

#[test]
fn a_nick_has_one_owner() {
    let (_server, address) = server("127.0.0.1:0");
    let mut joe = client("joe", &address);
    let (status, printed) = visitor("joe", &address, SECRET).end();
    assert_eq!(status.code(), Some(1));
    assert_eq!(printed, "chat: the nick \"joe\" is in use, choose another one");
    let (status, printed) = visitor("j o e", &address, SECRET).end();
    assert_eq!(status.code(), Some(1));
    assert!(printed.starts_with("chat: \"j o e\" is no nick"), "{printed}");
    joe.types("/quit");
    assert!(joe.end().0.success());
    client("joe", &address);
}

#[test]
fn a_killed_client_is_announced() {
    let (_server, address) = server("127.0.0.1:0");
    let mut joe = client("joe", &address);
    let mut sue = client("sue", &address);
    joe.kill();
    sue.wait_for("* joe has left (transport_error: connection to node anon/");
    client("joe", &address);
    sue.wait_for("* joe has joined");
}

#[test]
fn clients_come_back_when_the_server_does() {
    let (mut first, address) = server("127.0.0.1:0");
    let mut joe = client("joe", &address);
    let mut sue = client("sue", &address);
    first.kill();
    for client in [&mut joe, &mut sue] {
        client.wait_for("* lost the server (transport_error: connection to node chat: ");
    }
    joe.types("anybody?");
    joe.wait_for("* not sent, there is no connection: anybody?");
    let (_second, same) = server(&address);
    assert_eq!(same, address);
    for (client, nick) in [(&mut joe, "joe"), (&mut sue, "sue")] {
        client.wait_for(&format!("* joined as {nick};"));
    }
    joe.types("there you are");
    sue.wait_for("<joe> there you are");
}

#[test]
fn a_client_gives_up_while_the_server_is_away() {
    let (mut server, address) = server("127.0.0.1:0");
    let mut joe = client("joe", &address);
    server.kill();
    joe.wait_for("* lost the server");
    joe.types("/quit");
    assert!(joe.end().0.success());
}

#[test]
fn a_wrong_secret_is_named_on_both_sides() {
    let (mut server, address) = server("127.0.0.1:0");
    let (status, printed) = visitor("eve", &address, "guessed").end();
    assert_eq!(status.code(), Some(1));
    let expected = format!(
        "chat: no connection to node chat: handshake with {address}: wrong secret \
         (tls_hmac_sha3_512 of node \"chat\" does not verify)"
    );
    assert_eq!(printed, expected);
    server.wait_for("refused: wrong secret (tls_hmac_sha3_512 of node \"anon/");
    client("joe", &address);
}

#[test]
fn mistakes_on_the_command_line_are_explained() {
    for (args, problem) in [
        (&["client", "joe"][..], "no secret: set AEMP_SECRET, as the server says"),
        (&[], "server or client?"),
        (&["client"], "a client needs a nick"),
        (&["serve"], "\"serve\" is neither server nor client"),
        (&["client", "joe", "sue"], "\"sue\" is too much"),
        (&["server", "--port", "1"], "there is no option --port"),
        (&["server", "--bind"], "--bind needs a value"),
        (&["server", "--seed", "a:1"], "--seed is for clients"),
        (&["client", "joe", "--bind", "a:1"], "--bind is for servers"),
    ] {
        let mut command = example("chat");
        command.args(args);
        let (status, printed) = Program::start("chat", command).end();
        assert_eq!(status.code(), Some(2), "{args:?}: {printed}");
        assert!(printed.starts_with(&format!("chat: {problem}")), "{args:?}: {printed}");
        assert!(printed.contains("usage: chat server"), "{args:?}: {printed}");
    }
}
