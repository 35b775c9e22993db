//! The guide's pages on a network of several processes, replayed: what stands in them is typed into a
//! shell, and has to print what they show.
#![cfg(unix)]

mod chapter;
#[path = "../../../tests/support/mod.rs"]
mod support;
mod terminal;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Instant;

use chapter::steps;
use socket2::{Domain, Socket, Type};
use terminal::{Beside, Terminal};

/// The port that the guide's seed listens on.
const PORT: &str = "4040";

/// A folder that is a user's home, with a port number that is nobody else's; gone at the end.
struct Home {
    folder: PathBuf,
    port: String,
    /// Bound, so that nobody else is given the number, and not listening, so that a node can.
    _reserved: Socket,
}

impl Home {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("aemp-{name}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("bin")).unwrap();
        std::os::unix::fs::symlink(support::binary("counter"), folder.join("bin/aemp")).unwrap();
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_reuse_address(true).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        Self { folder, port: address.port().to_string(), _reserved: socket }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// Types what the chapter shows; `names` are what stands in it, and what is meant.
fn replay(terminal: &mut Terminal, home: &Path, text: &str, names: &[(&str, &str)]) {
    let mut names: Vec<(String, String)> =
        names.iter().map(|(shown, meant)| ((*shown).to_owned(), (*meant).to_owned())).collect();
    for (shown, _) in &names {
        assert!(text.contains(shown), "the chapter does not show {shown}");
    }
    let mut running = Vec::new();
    for step in steps(text) {
        let mut meant = step.clone();
        for (shown, name) in &names {
            meant.command = meant.command.replace(shown, name);
            meant.shown.iter_mut().for_each(|line| *line = line.replace(shown, name));
        }
        if step.beside {
            running.push(Beside::begin(&meant, home));
            continue;
        }
        let printed = terminal.play(&meant);
        if let Some(port) = step.new_port() {
            names.push((port.to_owned(), printed[0].clone()));
        }
    }
    running.into_iter().for_each(Beside::finish);
}

#[test]
fn a_tour_of_a_network() {
    let chapter = include_str!("../../../../book/src/tour.md");
    let program = include_str!("../../counter.rs");
    let (_, program) = program.split_once("\n\n").unwrap();
    assert!(
        chapter.contains(program),
        "the program of the chapter is examples/services/counter.rs"
    );
    let home = Home::new("tour");
    let mut terminal = Terminal::open(&home.folder);
    replay(&mut terminal, &home.folder, chapter, &[(PORT, &home.port)]);
}

/// Waits until a node that was started listens: before, commands fail at once.
fn await_node(terminal: &mut Terminal, command: &str) -> Vec<String> {
    let until = Instant::now() + terminal::PATIENCE;
    loop {
        let (status, printed) = terminal.run(command);
        if status == 0 {
            return printed;
        }
        assert!(Instant::now() < until, "$ {command}\n{}", printed.join("\n"));
    }
}

/// What stands in blocks ```` ```sh ````.
fn scripts(text: &str) -> impl Iterator<Item = &str> {
    text.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap())
}

#[test]
fn talking_from_a_script() {
    let chapter = include_str!("../../../../book/src/scripts.md");
    let home = Home::new("scripts");
    let mut terminal = Terminal::open(&home.folder);
    let chapter = chapter.replace(PORT, &home.port);
    let mut scripts = scripts(&chapter);
    for line in scripts.next().unwrap().lines() {
        let (status, printed) = terminal.run(line);
        assert_eq!(status, 0, "$ {line}\n{printed:#?}");
    }
    await_node(&mut terminal, &format!("AEMP_SEEDS=127.0.0.1:{} aemp nodes", home.port));
    let script = scripts.next().unwrap();
    // It waits for a second, in which a busy machine may not have answered.
    let until = Instant::now() + terminal::PATIENCE;
    loop {
        // A connection that the node refuses ends the shell that writes to it.
        let (_, printed) = terminal.run(&format!("(\n{script})"));
        if printed.iter().any(|line| line.contains(r#"["p","t",1"#)) {
            break;
        }
        assert!(Instant::now() < until, "{script}\n{printed:#?}");
    }
}

#[test]
fn operating_a_network() {
    let chapter = include_str!("../../../../book/src/operating.md");
    let home = Home::new("operating");
    let mut terminal = Terminal::open(&home.folder);
    let mut prepare = |command: &str| {
        let (status, printed) = terminal.run(command);
        assert_eq!(status, 0, "$ {command}\n{}", printed.join("\n"));
        printed
    };
    let port = &home.port;
    prepare(&format!("aemp gensecret setseeds 127.0.0.1:{port} profile worker"));
    prepare(&format!("aemp run alpha nodeid alpha binds 127.0.0.1:{port} 2>alpha.log &"));
    let services = r#"[["Demo::counter",40]]"#;
    let beta = "aemp run beta nodeid beta binds '127.0.0.1:*' services";
    prepare(&format!("{beta} '{services}' 2>beta.log &"));
    let counter = loop {
        let groups = await_node(&mut terminal, "aemp --json groups 2>/dev/null");
        let groups: serde_json::Value = serde_json::from_str(&groups.join("\n")).unwrap();
        if let Some(port) = groups["counters"][0].as_str() {
            break port.to_owned();
        }
    };
    replay(&mut terminal, &home.folder, chapter, &[("beta#k2wEu4.1", &counter)]);
}
