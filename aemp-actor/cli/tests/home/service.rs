//! Nodes that `aemp run` runs.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::Home;

/// How long anything may take on a very busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running `aemp run`; killed, with its node, when dropped.
pub(crate) struct Service {
    pub(crate) child: Child,
    pub(crate) address: String,
    lines: Receiver<String>,
}

impl Service {
    /// Runs a node of this name; the arguments come before the profile.
    pub(crate) fn start(home: &Home, name: &str, seed: Option<&str>, arguments: &[&str]) -> Self {
        let mut command = home.command();
        command.arg("run").args(arguments).args([name, "nodeid", name, "binds", "127.0.0.1:0"]);
        if let Some(seed) = seed {
            command.args(["seeds", seed]);
        }
        Self::of(command)
    }

    /// Runs this, which is an `aemp run`, until its node is up.
    pub(crate) fn of(mut command: std::process::Command) -> Self {
        let mut service = Self::begun(&mut command);
        let line = service.line(" is running, and listens on ");
        service.address = line.rsplit_once(' ').unwrap().1.to_owned();
        service
    }

    /// The same; its node may never be up.
    pub(crate) fn begun(command: &mut std::process::Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, address: String::new(), lines }
    }

    /// Waits for a line of its log.
    pub(crate) fn line(&mut self, part: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|error| panic!("waited for {part:?}: {error}"));
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Nobody reads its log any more: its standard error is a closed pipe soon.
    pub(crate) fn closes_its_log(&mut self) {
        self.lines = channel().1;
    }

    /// Sends the watchdog a signal.
    pub(crate) fn signal(&self, signal: &str) {
        super::service::signal(self.child.id().into(), signal);
    }

    /// Waits for its end, and gives the exit code.
    pub(crate) fn ended(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

/// Sends a process a signal.
pub(crate) fn signal(process: u64, signal: &str) {
    let sent = std::process::Command::new("kill").args([signal, &process.to_string()]).status();
    assert!(sent.unwrap().success(), "kill {signal} {process}");
}

impl Drop for Service {
    fn drop(&mut self) {
        // The node notices that its watchdog is gone.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
