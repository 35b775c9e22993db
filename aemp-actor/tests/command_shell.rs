//! A session of `aemp shell` on a terminal.
#![cfg(unix)]

mod command;
mod support;

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::process::Child;

use aemp_actor::prelude::*;
use command::Home;
use rexpect::session::{Options, StreamSession};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use support::{death, soon, tcp_node};

/// Says how long a text is.
#[init("Demo::length")]
fn length(ctx: &mut Init) {
    ctx.rcv("length", |ctx, (text, reply): (String, PortId)| {
        ctx.snd(&reply, ("length", text.chars().count()));
    });
}

/// A shell on a terminal.
struct Shell {
    session: StreamSession<File>,
    child: Child,
}

/// The other end of the terminal; where it is gone is the end.
struct Terminal(File);

impl Read for Terminal {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(into) {
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => {
                Ok(0)
            }
            other => other,
        }
    }
}

impl Shell {
    fn start(home: &Home, arguments: &[&str]) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let user = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let size = Winsize { ws_row: 50, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&user, size).unwrap();
        let child = home
            .command()
            .args(["--timeout", "60", "shell"])
            .args(arguments)
            .env("TERM", "xterm")
            .stdin(user.try_clone().unwrap())
            .stdout(user.try_clone().unwrap())
            .stderr(user)
            .spawn()
            .unwrap();
        let terminal = File::from(terminal);
        let options = Options::new().timeout_ms(Some(60_000));
        let reading = Terminal(terminal.try_clone().unwrap());
        Self { session: StreamSession::new(reading, terminal, options), child }
    }

    /// Waits for its end.
    fn ends(mut self) {
        self.session.exp_eof().unwrap();
        assert!(self.child.wait().unwrap().success());
    }

    fn control(&mut self, letter: char) {
        self.session.send_control(letter).unwrap();
    }

    /// Waits for a text, and gives what came before it.
    fn sees(&mut self, text: &str) -> String {
        self.session.exp_string(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn finds(&mut self, pattern: &str) -> String {
        let found = self.session.exp_regex(pattern);
        found.unwrap_or_else(|error| panic!("{pattern}: {error}")).1
    }

    fn types(&mut self, text: &str) {
        self.session.send(text).unwrap();
        self.session.flush().unwrap();
    }

    fn enters(&mut self, line: &str) {
        self.types(&format!("{line}\r"));
    }
}

/// Runs a session on a thread of its own, beside the node.
async fn session(node: &Node, run: impl FnOnce(&Home) + Send + 'static) {
    let home = Home::with_seed(&node.listeners()[0]);
    let session = tokio::task::spawn_blocking(move || run(&home));
    soon("the session", session).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session() {
    let alpha = tcp_node("alpha").await;
    let pet = alpha.port_fn(|_, _| ()).id();
    alpha.grp_reg("pets", &pet).unwrap();
    let gone = death(&alpha, &pet);
    let pet = pet.to_string();
    session(&alpha, move |home| {
        let mut shell = Shell::start(home, &["alpha"]);
        let me = shell.finds("anon/[A-Za-z0-9]+#[A-Za-z0-9.]+");
        shell.sees("aemp> ");
        shell.enters("nodes");
        shell.sees("alpha");
        shell.sees("up");
        shell.sees("aemp> ");
        // An own port, and a request by hand.
        shell.enters("snd alpha info $me hello");
        shell.sees("\"hello\",\"alpha\"");
        shell.enters("me");
        shell.sees(&me);
        shell.enters("spawn alpha Demo::length");
        let port = shell.finds("alpha#[A-Za-z0-9]+\\.[0-9]+");
        let name = port.split_once('#').unwrap().1.to_owned();
        shell.sees("aemp> ");
        shell.enters(&format!("cal #{name} length \"two words\""));
        shell.sees("\"length\",9");
        shell.sees("aemp> ");
        // What is wrong is said, and the prompt comes back.
        shell.enters("cal alpha#gone x");
        shell.sees("error: no such port: alpha#gone");
        shell.sees("aemp> ");
        shell.enters("dance");
        shell.sees("error: there is no command dance: see help");
        shell.sees("aemp> ");
        // A death is told while a line is edited, and the line is not lost.
        shell.enters(&format!("mon {pet}"));
        shell.sees("aemp> ");
        shell.types("gro");
        shell.sees("gro");
        home.run(&["--timeout", "60", "kil", &pet, "bye"]).text();
        shell.sees(&format!("{pet} died: bye"));
        shell.enters("ups");
        shell.sees("GROUP");
        shell.sees("aemp> ");
        shell.enters("quit");
        shell.ends();
    })
    .await;
    assert_eq!(soon("the end", gone.reason()).await.kind(), "bye");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_are_completed_and_lines_remembered() {
    let alpha = tcp_node("alpha").await;
    let cat = alpha.port_fn(|_, _| ()).id();
    alpha.grp_reg("a-group-of-cats", &cat).unwrap();
    session(&alpha, move |home| {
        let mut shell = Shell::start(home, &[]);
        shell.sees("aemp> ");
        shell.types("gr\t");
        shell.sees("groups");
        shell.types(" a-g\t");
        shell.sees("a-group-of-cats");
        shell.types("\r");
        shell.sees("PORT");
        shell.sees(&cat.to_string());
        shell.sees("aemp> ");
        shell.types("trace al\t\r");
        shell.sees("alpha");
        shell.sees("aemp> ");
        // ctrl-c gives a line up, ctrl-d ends the shell.
        shell.types("kil alp");
        shell.sees("alp");
        shell.control('c');
        shell.sees("aemp> ");
        shell.control('d');
        shell.ends();
        let history = home.folder().join(".local/state/aemp/history");
        let history = std::fs::read_to_string(history).unwrap();
        assert!(history.contains("groups a-group-of-cats\ntrace alpha\n"), "{history}");
        let mut again = Shell::start(home, &[]);
        again.sees("aemp> ");
        // The line above.
        again.types("\x1b[A");
        again.sees("trace alpha");
        again.control('c');
        again.sees("aemp> ");
        again.control('d');
        again.ends();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_may_come_from_a_file() {
    use std::io::Write;
    use std::process::Stdio;
    let alpha = tcp_node("alpha").await;
    session(&alpha, |home| {
        let mut command = home.command();
        command.args(["--timeout", "60", "shell"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shell = command.spawn().unwrap();
        let mut input = shell.stdin.take().unwrap();
        input.write_all(b"cal alpha info\nnodes\n").unwrap();
        drop(input);
        let done = shell.wait_with_output().unwrap();
        let text = String::from_utf8(done.stdout).unwrap();
        assert!(
            done.status.success() && text.contains("\"alpha\"") && text.contains("STATE"),
            "{text}"
        );
    })
    .await;
}
