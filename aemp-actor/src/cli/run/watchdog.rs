//! The parent: starts the child, watches it, starts it again.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::notify;
use super::plan::Plan;
use super::restarts::{End, Restarts, Verdict};
use super::socket::{OpenSocket, Socket, VARIABLE, Word};
use crate::cli::{Failure, logs};
use crate::node::termination;

/// Runs until the node is to end for good.
pub(super) fn run(plan: &Plan) -> Result<(), Failure> {
    logs::of_node(plan.verbosity);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Failed(format!("no runtime: {error}")))?;
    let code = runtime.block_on(supervise(plan));
    match code.map_err(|error| Failure::Failed(format!("the watchdog: {error}")))? {
        0 => Ok(()),
        code => Err(Failure::Said(code)),
    }
}

async fn supervise(plan: &Plan) -> io::Result<u8> {
    let mut terminated = std::pin::pin!(termination()?);
    let mut restarts = Restarts::default();
    loop {
        let mut watched = Watched::start(plan)?;
        tokio::select! {
            end = watched.watch() => match restarts.judge(end?) {
                Verdict::GiveUp(code) => return Ok(code),
                Verdict::StartAfter(pause) => {
                    tracing::warn!(target: "aemp", "the node is started again after {pause:?}");
                    tokio::select! {
                        () = rest(pause) => {}
                        () = &mut terminated => return Ok(0),
                    }
                }
            },
            () = &mut terminated => {
                notify::stopping();
                watched.stop().await?;
                return Ok(0);
            }
        }
    }
}

/// How often systemd is told that the watchdog lives while there is no child.
const SLICE: Duration = Duration::from_secs(1);

/// Waits.
async fn rest(mut pause: Duration) {
    while !pause.is_zero() {
        notify::alive();
        let slice = pause.min(SLICE);
        tokio::time::sleep(slice).await;
        pause -= slice;
    }
}

/// A child, from its start to its end.
struct Watched {
    child: Child,
    /// `None` when the child has closed it.
    socket: Option<OpenSocket>,
    started: Instant,
    heartbeat: Duration,
    grace: Duration,
    was_up: bool,
    wants_restart: bool,
}

impl Watched {
    /// The same program with the same arguments.
    fn start(plan: &Plan) -> io::Result<Self> {
        let (socket, input) = Socket::pair()?;
        let child = Command::new(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .env(VARIABLE, "1")
            // What systemd is told, this process tells.
            .env_remove("NOTIFY_SOCKET")
            .env_remove("WATCHDOG_USEC")
            .stdin(input)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self {
            child,
            socket: Some(socket.open()?),
            started: Instant::now(),
            heartbeat: plan.heartbeat,
            grace: plan.grace,
            was_up: false,
            wants_restart: false,
        })
    }

    /// Waits for its end; a child without a sign of life is killed.
    async fn watch(&mut self) -> io::Result<End> {
        loop {
            let (heartbeat, grace) = (self.heartbeat, self.grace);
            let word = tokio::select! {
                status = self.child.wait() => return Ok(self.end(status?)),
                word = hear(&mut self.socket, heartbeat, grace) => word,
            };
            match word {
                Heard::Word(Word::Up) => {
                    self.was_up = true;
                    notify::ready();
                }
                Heard::Word(Word::Beat) => notify::alive(),
                Heard::Word(Word::Restart) => self.wants_restart = true,
                Heard::Closed => self.socket = None,
                Heard::Nothing => {
                    tracing::error!(target: "aemp", "the node gives no sign of life: it is killed");
                    self.child.start_kill()?;
                    self.socket = None;
                }
            }
        }
    }

    fn end(&self, status: ExitStatus) -> End {
        if !status.success() || !self.wants_restart {
            tracing::warn!(target: "aemp", "the process of the node has ended: {status}");
        }
        End {
            code: status.code().and_then(|code| u8::try_from(code).ok()),
            wants_restart: self.wants_restart,
            was_up: self.was_up,
            lived: self.started.elapsed(),
        }
    }

    /// Closing the socket tells the child to end; it has a while.
    async fn stop(&mut self) -> io::Result<()> {
        self.socket = None;
        let patience = self.grace + self.grace / 2;
        if tokio::time::timeout(patience, self.child.wait()).await.is_err() {
            tracing::error!(target: "aemp", "the node does not end: it is killed");
            self.child.kill().await?;
        }
        Ok(())
    }
}

enum Heard {
    Word(Word),
    Closed,
    /// For too long.
    Nothing,
}

/// What the child says next. One that has closed the socket is about to end, and has a while.
async fn hear(socket: &mut Option<OpenSocket>, heartbeat: Duration, grace: Duration) -> Heard {
    let Some(socket) = socket else {
        tokio::time::sleep(grace + grace / 2).await;
        return Heard::Nothing;
    };
    match tokio::time::timeout(heartbeat, socket.next()).await {
        Ok(Some(word)) => Heard::Word(word),
        Ok(None) => Heard::Closed,
        Err(_) => Heard::Nothing,
    }
}
