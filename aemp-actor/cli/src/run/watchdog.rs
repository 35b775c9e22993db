//! The parent: starts the child, watches it, starts it again.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::notify;
use super::plan::RunPlan;
use super::restarts::{End, Restarts, Verdict};
use super::socket::{OpenSocket, Socket, WatchdogMessage};
use crate::{Failure, logs};
use aemp_actor::{Signal, Signals};

/// Runs until the node is to end for good. The child carries out this line.
pub(super) fn run(plan: &RunPlan, line: Vec<String>) -> Result<(), Failure> {
    logs::of_node(plan.verbosity, false, plan.json);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Failed(format!("no runtime: {error}")))?;
    let code = runtime.block_on(supervise(plan, line));
    match code.map_err(|error| Failure::Failed(format!("the watchdog: {error}")))? {
        0 => Ok(()),
        code => Err(Failure::Said(code)),
    }
}

async fn supervise(plan: &RunPlan, line: Vec<String>) -> io::Result<u8> {
    let mut signals = Signals::new()?;
    let mut restarts = Restarts::default();
    let program = Program::of_this(line)?;
    loop {
        let verdict = match Watched::start(&program, plan, restarts.was_ever_up()) {
            Ok(mut watched) => match watched.watch_until(&mut signals).await? {
                Some(end) => restarts.judge(end),
                None => {
                    notify::stopping();
                    watched.stop().await?;
                    return Ok(0);
                }
            },
            Err(error) => {
                tracing::error!(target: "aemp", "cannot start {}: {error}", program.path.display());
                restarts.judge_no_start()
            }
        };
        match verdict {
            Verdict::GiveUp(code) => return Ok(code),
            Verdict::StartNow => {
                tracing::info!(target: "aemp", "the node is started again, as asked");
            }
            Verdict::StartAfter(pause) => {
                tracing::warn!(target: "aemp", "the node is started again after {pause:?}");
                tokio::select! {
                    _ = tokio::time::timeout(pause, tell_systemd()) => {}
                    // What is started reads everything.
                    () = async { while signals.next().await != Signal::End {} } => return Ok(0),
                }
            }
        }
    }
}

/// What is started each time.
struct Program {
    /// Of the file as it was called in the beginning: another may have taken its place since.
    path: PathBuf,
    name: Option<OsString>,
    line: Vec<String>,
}

impl Program {
    fn of_this(line: Vec<String>) -> io::Result<Self> {
        Ok(Self { path: std::env::current_exe()?, name: std::env::args_os().next(), line })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        if let Some(name) = &self.name {
            command.arg0(name);
        }
        command.arg("--watched").args(&self.line);
        command
    }
}

/// How often systemd is told that the watchdog lives while there is no node that does.
const TELLING: Duration = Duration::from_secs(1);

/// Tells it until it is dropped.
async fn tell_systemd() -> Infallible {
    loop {
        notify::alive();
        tokio::time::sleep(TELLING).await;
    }
}

/// A child, from its start to its end.
struct Watched {
    child: Child,
    /// `None` when the child has closed it.
    socket: Option<OpenSocket>,
    started: Instant,
    patience: Patience,
    /// An earlier child was up: systemd waits for signs of life.
    is_again: bool,
    was_up: bool,
    wants_restart: bool,
}

impl Watched {
    fn start(program: &Program, plan: &RunPlan, is_again: bool) -> io::Result<Self> {
        let (mut socket, input) = Socket::pair()?;
        if let Some(typed) = &plan.typed {
            socket.give(&typed.to_string())?;
        }
        let child = program
            .command()
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
            patience: Patience {
                startup: plan.startup,
                heartbeat: plan.heartbeat,
                grace: plan.grace,
            },
            is_again,
            was_up: false,
            wants_restart: false,
        })
    }

    /// Waits for its end, or until it is to end: then there is none yet.
    async fn watch_until(&mut self, signals: &mut Signals) -> io::Result<Option<End>> {
        loop {
            let signal = tokio::select! {
                end = self.watch() => return end.map(Some),
                signal = signals.next() => signal,
            };
            match (signal, &mut self.socket) {
                (Signal::End, _) => return Ok(None),
                (Signal::Reload, Some(socket)) => socket.say(WatchdogMessage::Reload).await,
                // It is about to end.
                (Signal::Reload, None) => {}
            }
        }
    }

    /// Waits for its end; a child without a sign of life is killed.
    async fn watch(&mut self) -> io::Result<End> {
        loop {
            let limit = self.limit();
            let word = tokio::select! {
                status = self.child.wait() => return Ok(self.end(status?)),
                word = hear(&mut self.socket, limit) => word,
                never = tell_systemd(), if self.is_again && !self.was_up => match never {},
            };
            match word {
                Heard::Message(WatchdogMessage::Up) => {
                    self.was_up = true;
                    notify::ready();
                }
                Heard::Message(WatchdogMessage::Beat) => notify::alive(),
                Heard::Message(WatchdogMessage::Restart) => self.wants_restart = true,
                // A child does not say that.
                Heard::Message(WatchdogMessage::Reload) => {}
                Heard::Closed => self.socket = None,
                Heard::Nothing => {
                    let problem = self.silence();
                    tracing::error!(target: "aemp", "the node {problem}: it is killed");
                    self.child.start_kill()?;
                    self.socket = None;
                }
            }
        }
    }

    /// How long the next word may take.
    fn limit(&self) -> Duration {
        match self.socket {
            None => self.patience.end(),
            Some(_) if self.was_up => self.patience.heartbeat,
            Some(_) => self.patience.startup.saturating_sub(self.started.elapsed()),
        }
    }

    /// What it means that there was none in time.
    fn silence(&self) -> String {
        match self.socket {
            None => "does not end".to_owned(),
            Some(_) if self.was_up => "gives no sign of life".to_owned(),
            Some(_) => format!("is not up after {:?} (--startup)", self.patience.startup),
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
        if tokio::time::timeout(self.patience.end(), self.child.wait()).await.is_err() {
            tracing::error!(target: "aemp", "the node does not end: it is killed");
            self.child.kill().await?;
        }
        Ok(())
    }
}

/// How long is waited for a child.
struct Patience {
    /// Until it is up.
    startup: Duration,
    /// From one sign of life to the next.
    heartbeat: Duration,
    /// What it needs to end in good order.
    grace: Duration,
}

impl Patience {
    /// For its end.
    fn end(&self) -> Duration {
        self.grace + self.grace / 2
    }
}

enum Heard {
    Message(WatchdogMessage),
    Closed,
    /// For too long.
    Nothing,
}

/// What the child says next. One that has closed the socket is about to end, and says nothing.
async fn hear(socket: &mut Option<OpenSocket>, limit: Duration) -> Heard {
    let Some(socket) = socket else {
        tokio::time::sleep(limit).await;
        return Heard::Nothing;
    };
    match tokio::time::timeout(limit, socket.next()).await {
        Ok(Some(word)) => Heard::Message(word),
        Ok(None) => Heard::Closed,
        Err(_) => Heard::Nothing,
    }
}
