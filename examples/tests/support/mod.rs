//! Runs the real example programs, types at them and reads what they print.

#![allow(dead_code, reason = "every test file uses a part of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How long anything may take, on however busy a machine: a program that prints its result at the end is silent until
/// then, and beside 14 busy loops on its one core takes 12 seconds for what else takes one.
const PATIENCE: Duration = Duration::from_secs(180);

/// A running program; killed when dropped.
pub(crate) struct Program {
    name: String,
    child: Child,
    input: ChildStdin,
    /// Lines of both outputs; it ends when both are closed.
    lines: Receiver<String>,
    /// All that was printed so far, for the text of a failure.
    seen: Vec<String>,
}

/// Where cargo puts the example `name`: beside the folder of this test's own binary.
pub(crate) fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a binary");
    let profile = test.ancestors().nth(2).expect("it lies in target/PROFILE/deps");
    let path = profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is missing: cargo builds it for `cargo test --workspace` and `cargo test -p {package}`, \
         but not when one test file is chosen with `--test`; run `cargo build -p {package} --example \
         {name}` first (with the same profile)",
        path.display(),
        package = env!("CARGO_PKG_NAME"),
    );
    path
}

/// The command that runs the example `name`, without settings from the environment.
pub(crate) fn example(name: &str) -> Command {
    let mut command = Command::new(binary(name));
    command.env_remove("AEMP_SECRET").env_remove("RUST_LOG").env_remove("RUST_BACKTRACE");
    command
}

impl Program {
    /// Starts `command`; `name` is what failures call it.
    pub(crate) fn start(name: &str, mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the example starts");
        let (sender, lines) = channel();
        read_lines(child.stdout.take().expect("a pipe"), sender.clone());
        read_lines(child.stderr.take().expect("a pipe"), sender);
        let input = child.stdin.take().expect("a pipe");
        Self { name: name.to_owned(), child, input, lines, seen: Vec::new() }
    }

    /// Waits for the next line with `text` in it. Lines before it are skipped.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.next_line(deadline) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(problem) => panic!("{} did not print {text:?}: {problem}", self.report()),
            }
        }
    }

    /// Types a line.
    pub(crate) fn types(&mut self, line: &str) {
        let written = writeln!(self.input, "{line}").and_then(|()| self.input.flush());
        assert!(written.is_ok(), "{} does not read {line:?}: {written:?}", self.report());
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("the program runs");
        self.child.wait().expect("it was started here");
    }

    /// Waits for its end; gives its status and all that it printed.
    pub(crate) fn end(&mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.next_line(deadline) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(problem) => panic!("{} did not end: {problem}", self.report()),
            }
        }
        (self.child.wait().expect("it was started here"), self.seen.join("\n"))
    }

    fn next_line(&mut self, deadline: Instant) -> Result<String, RecvTimeoutError> {
        let line = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now()))?;
        self.seen.push(line.clone());
        Ok(line)
    }

    fn report(&self) -> String {
        format!("{} (which printed: {:#?})", self.name, self.seen)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended long ago.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn read_lines(output: impl Read + Send + 'static, lines: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
}
