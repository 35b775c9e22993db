//! A session of `aemp shell` on a terminal.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::ops::{Deref, DerefMut};

use crate::home::Home;
use crate::home::terminal::Terminal;
use crate::support::{death, soon, tcp_node};
use aemp_actor::prelude::*;

/// Says how long a text is.
#[init("Demo::length")]
fn length(ctx: &mut Init) {
    ctx.rcv("length", |ctx, (text, reply): (String, PortId)| {
        ctx.snd(&reply, ("length", text.chars().count()));
    });
}

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";

/// A shell on a terminal.
struct Shell(Terminal);

impl Deref for Shell {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.0
    }
}

impl DerefMut for Shell {
    fn deref_mut(&mut self) -> &mut Terminal {
        &mut self.0
    }
}

impl Shell {
    fn start(home: &Home, arguments: &[&str]) -> Self {
        let mut command = home.command();
        command.args(["--timeout", "60", "shell"]).args(arguments);
        Self(Terminal::start(command, (200, 50)))
    }

    /// Waits for its end, and gives what came before it.
    fn ends(self) -> String {
        let (code, rest) = self.0.ends();
        assert_eq!(code, Some(0), "{rest}");
        rest
    }

    fn enters(&mut self, line: &str) {
        self.types(&format!("{line}\r"));
    }

    /// Presses the tabulator until a word is there: an answer that comes late counts the next time.
    fn completes(&mut self, text: &str, to: &str) {
        self.types(text);
        self.sees(text);
        loop {
            self.types("\t");
            if self.sees_one_of([to, "\x07"]) == to {
                return;
            }
        }
    }

    /// ctrl-c while a line is typed.
    fn gives_up(&mut self) {
        self.types(CTRL_C);
        self.sees("\x1b[?2004h");
        self.sees("aemp> ");
    }
}

/// Runs a session on a thread of its own, beside the node.
async fn session(node: &Node, run: impl FnOnce(&Home) + Send + 'static) {
    session_at(&node.listeners()[0], run).await;
}

async fn session_at(seed: &str, run: impl FnOnce(&Home) + Send + 'static) {
    let home = Home::with_seed(seed);
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
        shell.types("a-g\t");
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
        shell.types(CTRL_C);
        shell.sees("aemp> ");
        shell.types(CTRL_D);
        shell.ends();
        let history = home.folder().join(".local/state/aemp/history");
        let history = std::fs::read_to_string(history).unwrap();
        assert!(history.contains("groups a-group-of-cats\ntrace alpha\n"), "{history}");
        let mut again = Shell::start(home, &[]);
        again.sees("aemp> ");
        // The line above.
        again.types("\x1b[A");
        again.sees("trace alpha");
        again.types(CTRL_C);
        again.sees("aemp> ");
        again.types(CTRL_D);
        again.ends();
    })
    .await;
}

/// The command does not know the functions of this program, and nobody told it of the port.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_are_asked_for_completions() {
    let alpha = tcp_node("alpha").await;
    let port = alpha.port_fn(|_, _| ()).id().to_string();
    let node = alpha.clone();
    session(&alpha, move |home| {
        let mut shell = Shell::start(home, &["alpha"]);
        let me = shell.finds("anon/[A-Za-z0-9]+#[A-Za-z0-9.]+");
        shell.sees("aemp> ");
        shell.completes("spawn alpha Demo::l", "Demo::length");
        shell.types("\r");
        let spawned = shell.finds("alpha#[A-Za-z0-9]+\\.[0-9]+");
        shell.sees("aemp> ");
        for (text, to) in [
            (format!("cal {}", &port[..port.len() - 1]), port.as_str()),
            (format!("mon {}", &spawned[..spawned.len() - 1]), &spawned),
            (format!("kil {}", &port["alpha".len()..port.len() - 1]), &port["alpha".len()..]),
            (format!("snd {me} {}", &port[..port.len() - 1]), &port),
            ("cal alpha aemp::inf".to_owned(), "aemp::info"),
            ("ports alpha --lim".to_owned(), "--limit"),
            ("ports --sort wait".to_owned(), "waiting"),
            ("help resta".to_owned(), "restart"),
        ] {
            shell.completes(&text, to);
            shell.gives_up();
        }
        // A port of which only a message tells.
        let id: PortId = me.parse().unwrap();
        node.snd(&id, ("see", vec!["ghost#seven"]));
        shell.sees("\"see\",[\"ghost#seven\"]");
        shell.completes("mon ghost#", "ghost#seven");
        shell.gives_up();
        shell.enters("quit");
        shell.ends();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endless_commands_go_on_beside_the_prompt() {
    let alpha = tcp_node("alpha").await;
    let port = alpha.port_fn(|_, _| ()).id().to_string();
    session(&alpha, move |home| {
        let mut shell = Shell::start(home, &[]);
        shell.sees("aemp> ");
        shell.enters(&format!("tap {port}"));
        shell.sees(&format!("[1] tap {port}"));
        shell.sees("aemp> ");
        shell.enters(&format!("snd {port} hello 7"));
        shell.sees("[1] \"hello\",\"7\"");
        shell.enters("log 5");
        shell.sees("[2] log 5");
        shell.sees("aemp> ");
        shell.enters(&format!("--json tap {port} --count 1"));
        shell.sees("{\"job\":3,");
        shell.sees("aemp> ");
        shell.enters(&format!("snd {port} once"));
        shell.sees("\"message\":[\"once\"]");
        shell.sees("{\"job\":3,\"done\":true}");
        shell.enters("jobs");
        shell.sees(&format!("[1] tap {port}"));
        shell.sees("[2] log 5");
        shell.sees("aemp> ");
        shell.enters("cancel 1");
        shell.sees("aemp> ");
        shell.enters("cancel 1");
        shell.sees("error: there is no job 1: see jobs");
        shell.sees("aemp> ");
        shell.enters("mon alpha#gone");
        // At once, or as a job that has ended.
        shell.sees("error: no such port: alpha#gone");
        shell.completes("cancel a", "all");
        shell.types("\r");
        shell.sees("aemp> ");
        shell.enters("jobs");
        shell.enters("quit");
        let rest = shell.ends();
        assert!(!rest.contains("[2]"), "{rest:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_gives_up_what_waits() {
    let alpha = tcp_node("alpha").await;
    let (sender, asked) = std::sync::mpsc::channel();
    let silent = alpha.port_fn(move |_, _| {
        let _ = sender.send(());
    });
    let (silent, node) = (silent.id(), alpha.clone());
    session(&alpha, move |home| {
        let mut shell = Shell::start(home, &[]);
        for _ in 0..3 {
            shell.sees("aemp> ");
            shell.enters(&format!("cal {silent} wait"));
            asked.recv().unwrap();
            // What the terminal of a shell does that waits.
            shell.signal("-INT");
            shell.sees("error: cal was cancelled");
        }
        shell.sees("aemp> ");
        shell.enters(&format!("cal {silent} wait"));
        asked.recv().unwrap();
        // What is typed meanwhile comes next.
        shell.types("cal alpha info\rnodes\r");
        node.kil(&silent, "tired");
        shell.sees("tired");
        shell.sees("\"alpha\"");
        shell.sees("STATE");
        shell.sees("aemp> ");
        shell.types(CTRL_D);
        shell.ends();
    })
    .await;
}

/// Passes connections on to an address, and cuts them.
struct Wire {
    address: String,
    cut: std::sync::mpsc::Receiver<TcpStream>,
}

impl Wire {
    fn to(address: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (sender, cut) = std::sync::mpsc::channel();
        let own = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(&address) else { return };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    std::thread::spawn(move || {
                        drop(std::io::copy(&mut from, &mut to));
                        drop(to.shutdown(Shutdown::Both));
                    });
                }
                if sender.send(near).is_err() {
                    return;
                }
            }
        });
        Self { address: own, cut }
    }

    fn cut(&self) {
        let stream = self.cut.recv().unwrap();
        stream.shutdown(Shutdown::Both).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_falls_is_told_and_joined_again() {
    let alpha = tcp_node("alpha").await;
    let wire = Wire::to(alpha.listeners()[0].clone());
    session_at(&wire.address.clone(), move |home| {
        let mut shell = Shell::start(home, &[]);
        shell.sees("aemp> ");
        wire.cut();
        shell.sees("node alpha is down: ");
        shell.sees("no node is left, the network is looked for");
        shell.sees("node alpha is up again");
        shell.enters("cal alpha info");
        shell.sees("\"alpha\"");
        shell.sees("aemp> ");
        shell.enters("quit");
        shell.ends();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pasted_text_is_many_lines() {
    let alpha = tcp_node("alpha").await;
    session(&alpha, |home| {
        let mut shell = Shell::start(home, &[]);
        let me = shell.finds("anon/[A-Za-z0-9]+#[A-Za-z0-9.]+");
        shell.sees("aemp> ");
        let long = "x".repeat(5000);
        let text = format!("me\n\nsnd $me {{\n\"long\": \"{long}\"\n}}\nspwan alpha");
        shell.types(&format!("\x1b[200~{text}\x1b[201~\r"));
        shell.sees("spwan alpha");
        shell.sees(&me);
        shell.sees("error: there is no command spwan: did you mean spawn? See help");
        // It is printed when it comes.
        shell.enters("me");
        shell.sees(&me);
        shell.enters("quit");
        shell.ends();
    })
    .await;
}

/// What the guide shows of a session; what is typed there begins with a letter.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_session_of_the_guide() {
    let chapter = include_str!("../../../../book/src/command.md");
    let shown = chapter.split("## The shell").nth(1).unwrap().split("```text\n").nth(1).unwrap();
    let shown = shown.split("```").next().unwrap();
    let alpha = tcp_node("alpha").await;
    let beta =
        Node::configure(crate::support::config("beta").seed(&alpha.listeners()[0])).await.unwrap();
    soon("the mesh", beta.joined()).await.unwrap();
    let port = beta.port_fn(|_, _| ()).id().to_string();
    assert!(shown.contains("beta#q81Lk0.3"), "{shown}");
    let shown = shown.replace("beta#q81Lk0.3", &port);
    session(&alpha, move |home| {
        let mut shell = Shell::start(home, &[]);
        shell.sees("aemp> ");
        for line in shown.lines() {
            match line.strip_prefix("aemp> ") {
                Some(typed) if typed.starts_with(|c: char| c.is_ascii_lowercase()) => {
                    shell.enters(typed);
                    shell.sees(typed);
                }
                above => drop(shell.sees(above.unwrap_or(line))),
            }
        }
        shell.enters("quit");
        shell.ends();
    })
    .await;
}

/// The line editor reads on, and has to be helped out of the terminal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_leaves_the_terminal_as_it_was() {
    let alpha = tcp_node("alpha").await;
    session(&alpha, |home| {
        for signal in ["-TERM", "-HUP"] {
            let mut shell = Shell::start(home, &[]);
            shell.sees("aemp> ");
            shell.types("no");
            shell.sees("no");
            let (code, rest) = shell.0.ends_at(signal);
            assert_eq!(code, Some(0), "{rest}");
            assert!(rest.contains("\x1b[?2004l"), "{rest:?}");
        }
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
        let lines = b"cal alpha info\ninfo alpha\nfunctions alpha\nbench alpha --messages 10\n\
            top --interval 0.1\nhelp\nhelp snd\nsnd x 'open\nsnd \xff\n--json ports alpha\n\
            cal\nnodes\n";
        input.write_all(lines).unwrap();
        drop(input);
        let done = shell.wait_with_output().unwrap();
        let text = String::from_utf8(done.stdout).unwrap();
        assert_eq!(done.status.code(), Some(1), "a line has failed: {text}");
        for part in [
            "\"alpha\"\n",
            "node              alpha",
            "aemp::info",
            "messages/s",
            "HANDLED/s",
            "tap PORT ",
            "Usage: snd <PORT> [ARGUMENT]...",
            "error: the single quote before open is not closed",
            "error: invalid UTF-8, the line is ignored",
            "\"total\": ",
            "error: the following required arguments were not provided:\n  <PORT>",
            "STATE",
        ] {
            assert!(text.contains(part), "{part:?} in {text}");
        }
    })
    .await;
}
