//! The two processes: this one starts the other, which serves one contender.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;

use tokio::io::AsyncReadExt;

use super::{one_way, payloads, round_trip};
use crate::contender::Remote;
use crate::figures::Figures;
use crate::scale::Scale;
use crate::suite::RemoteSuite;

/// Does work together with a process that serves the contender of this name.
pub(crate) fn client<R: Remote>(name: &'static str, suite: RemoteSuite, scale: &Scale) -> Figures {
    let other = Other::start(name);
    R::run(async {
        let client = Arc::new(R::connect(other.line.clone()).await);
        once(&client, suite, &scale.quarter()).await;
        once(&client, suite, scale).await
    })
}

async fn once<R: Remote>(client: &Arc<R>, suite: RemoteSuite, scale: &Scale) -> Figures {
    match suite {
        RemoteSuite::OneWay => {
            Figures::from([("one-way".to_owned(), one_way::rate(client, scale).await)])
        }
        RemoteSuite::RoundTrip => round_trip::figures(client, scale).await,
        RemoteSuite::Payloads => payloads::figures(client, scale).await,
    }
}

/// Until whoever has started this process is done with it.
pub(crate) async fn until_input_ends() {
    let mut input = tokio::io::stdin();
    let mut buffer = [0; 64];
    while input.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
}

/// The other process. It ends when this is dropped.
struct Other {
    process: Child,
    /// What it ends with.
    input: Option<ChildStdin>,
    /// What it has printed.
    line: String,
}

impl Other {
    fn start(name: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("our own path"))
            .args(["serve", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts once more");
        let input = process.stdin.take();
        let output = process.stdout.take().expect("it is piped");
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).expect("the other process prints a line");
        assert!(!line.is_empty(), "the other process says where it is");
        Self { process, input, line: line.trim().to_owned() }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.input.take());
        // It ends by itself, and may have a process of its own to end; if not, it has to.
        for _ in 0..200 {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        self.process.kill().unwrap_or_default();
        drop(self.process.wait());
    }
}
