//! Terminals: a shell that commands are typed into, and commands that go on beside it.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::chapter::Step;

/// How long anything may take, on however busy a machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// What follows the output of a command, with its exit code.
const END: &str = "=== ended with ";

/// A shell; what was begun in it ends with it.
pub(crate) struct Terminal {
    shell: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Terminal {
    /// One whose home is this folder, and that finds commands in its folder `bin`.
    pub(crate) fn open(home: &Path) -> Self {
        let mut shell = clean("bash", home);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut shell = shell.spawn().expect("there is a shell");
        let lines = read(shell.stdout.take().expect("a pipe"));
        let input = shell.stdin.take().expect("a pipe");
        let mut terminal = Self { shell, input, lines };
        terminal.run("exec 2>&1");
        terminal
    }

    /// Carries out a command; gives its exit code, and what it printed.
    pub(crate) fn run(&mut self, command: &str) -> (i32, Vec<String>) {
        writeln!(self.input, "{command}\nprintf '\\n{END}%s\\n' $?").expect("the shell reads");
        self.input.flush().expect("the shell reads");
        let mut printed = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|error| {
                panic!("$ {command}\n{error}; it has printed {printed:#?}")
            });
            if let Some(status) = line.strip_prefix(END) {
                // The line break before the end.
                if printed.last().is_some_and(String::is_empty) {
                    printed.pop();
                }
                return (status.parse().expect("an exit code"), printed);
            }
            printed.push(line);
        }
    }

    /// Carries out a step, until it shows what it should: what is only looked at may still be on its
    /// way.
    pub(crate) fn play(&mut self, step: &Step) -> Vec<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let (status, printed) = self.run(&step.command);
            let outcome = match step.new_port().and_then(|port| port.split_once('#')) {
                Some((node, _)) => match printed.as_slice() {
                    [port] if port.starts_with(&format!("{node}#")) => Ok(()),
                    _ => Err(format!("this is no new port of {node}")),
                },
                None => step.compare(&printed),
            };
            match outcome {
                Ok(()) if status == step.status => return printed,
                _ if looks(&step.command) && Instant::now() < until => {}
                outcome => panic!(
                    "$ {}\nended with {status}, and printed\n{}\n{}",
                    step.command,
                    printed.join("\n"),
                    outcome.err().unwrap_or_default()
                ),
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        end(&self.shell, "-KILL", "-");
        drop(self.shell.wait());
    }
}

/// Whether the command changes nothing, so that it can be repeated.
fn looks(command: &str) -> bool {
    const LOOKING: [&str; 10] =
        ["nodes", "groups", "trace", "info", "ports", "functions", "top", "cal", "cat", "grep"];
    let mut words = command.split_whitespace().filter(|word| !word.starts_with("--"));
    let first = words.next();
    let word = if first == Some("aemp") { words.next() } else { first };
    word.is_some_and(|word| LOOKING.contains(&word))
}

/// A command that goes on.
pub(crate) struct Beside {
    step: Step,
    child: Child,
    lines: Receiver<String>,
    printed: Vec<String>,
}

impl Beside {
    /// Begins it, and waits until it does what it should: it has printed the first line that it is
    /// shown to print, or has said in its log that it is in place.
    pub(crate) fn begin(step: &Step, home: &Path) -> Self {
        let node = step.command.starts_with("aemp run ");
        let mut command = clean("bash", home);
        command.args(["-c", &format!("exec {}", step.command)]).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if !node {
            command.env("AEMP_LOG", "aemp=info");
        }
        let mut child = command.spawn().expect("there is a shell");
        let printed = read(child.stdout.take().expect("a pipe"));
        let log = read(child.stderr.take().expect("a pipe"));
        let (lines, others) = if node { (log, printed) } else { (printed, log) };
        let mut beside = Self { step: step.clone(), child, lines, printed: Vec::new() };
        if node {
            beside.until(|printed| !printed.is_empty());
        } else {
            let mut log = Vec::new();
            let in_place = |line: &String| {
                ["tapping ", "watching ", "catching "].iter().any(|w| line.contains(w))
            };
            while !log.last().is_some_and(in_place) {
                let line = others.recv_timeout(PATIENCE);
                log.push(line.unwrap_or_else(|error| {
                    panic!("$ {}\nis not in place: {error}: {log:#?}", step.command)
                }));
            }
        }
        // Its pipes are read to their end.
        std::thread::spawn(move || others.iter().count());
        beside
    }

    fn until(&mut self, enough: impl Fn(&[String]) -> bool) {
        while !enough(&self.printed) {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.printed.push(line),
                Err(error) => {
                    let differences = self.step.compare(&self.printed).err().unwrap_or_default();
                    panic!(
                        "$ {}\n{error}; it has printed\n{}\n{differences}",
                        self.step.command,
                        self.printed.join("\n")
                    )
                }
            }
        }
    }

    /// Waits until it has printed what is shown, and ends it.
    pub(crate) fn finish(mut self) {
        let step = self.step.clone();
        self.until(|printed| step.compare(printed).is_ok());
        end(&self.child, "-TERM", "");
        let status = self.child.wait().expect("it was started here");
        let runs = self.step.command.starts_with("aemp run ");
        assert!(!runs || status.success(), "$ {}\nended with {status}", self.step.command);
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            end(&self.child, "-KILL", "-");
            drop(self.child.wait());
        }
    }
}

/// Sends a process, or (`-`) its group, a signal; it may have ended already.
fn end(child: &Child, signal: &str, group: &str) {
    let mut kill = Command::new("kill");
    kill.args([signal, "--", &format!("{group}{}", child.id())]).stderr(Stdio::null());
    drop(kill.status());
}

/// A command without settings from the environment.
fn clean(program: &str, home: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if ["AEMP_", "XDG_", "PERL_", "RUST_"].iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", home.join("bin").display()));
    command.env("HOME", home).env("AEMP_TIMEOUT", "60").current_dir(home);
    command
}

fn read(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        lines.for_each(|line| drop(sender.send(line)));
    });
    lines
}
