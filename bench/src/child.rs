//! Child processes: this program once more, which prints figures as one line of JSON.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::figures::Figures;

/// What takes longer has gone wrong.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs this program with these arguments, and gives the figures that it prints.
pub(crate) fn figures(args: &[&str]) -> Result<Figures, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut process = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let errors = tail(process.stderr.take().expect("it is piped"));
    let output = tail(process.stdout.take().expect("it is piped"));
    let Ok(output) = output.recv_timeout(LIMIT) else {
        process.kill().unwrap_or_default();
        drop(process.wait());
        return Err(format!("took longer than {} s", LIMIT.as_secs()));
    };
    let status = process.wait().map_err(|error| error.to_string())?;
    if !status.success() {
        // Children of its own may hold its standard error open.
        let said = errors.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
        let line = said.lines().find(|line| !line.starts_with("thread '") && !line.is_empty());
        return Err(format!("{status}: {}", line.unwrap_or_default()));
    }
    let line = output.lines().last().unwrap_or_default();
    serde_json::from_str(line).map_err(|error| format!("{line:?}: {error}"))
}

/// In the child: prints them, and ends without taking anything down, which would tell nothing.
pub(crate) fn answer(figures: &Figures) -> Result<(), String> {
    println!("{}", serde_json::to_string(figures).map_err(|error| error.to_string())?);
    std::process::exit(0);
}

/// Reads all, in a thread of its own.
fn tail(mut from: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap_or_default();
        sender.send(String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    });
    receiver
}
