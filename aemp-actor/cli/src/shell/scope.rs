//! Carrying out what was typed.

use std::future::{Future, poll_fn};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use clap::{ArgMatches, Command, FromArgMatches};
use serde_json::json;

use super::commands::{self, ShellCommand};
use super::help;
use super::jobs::Jobs;
use super::lines::ShellWord;
use super::printer::Printer;
use super::seen::Seen;
use crate::network_commands::NetworkCommand;
use crate::output::{Sink, redirected};
use crate::{Failure, NetworkConnection, stdout};
use aemp_actor::PortId;
use aemp_actor::log::one_line;

/// What the commands of a shell have in common.
pub(crate) struct Scope<'a> {
    pub(crate) definition: Command,
    pub(crate) connection: &'a NetworkConnection,
    /// The shell's own port.
    pub(crate) me: PortId,
    /// The node that a port ID without a node is on.
    pub(crate) node: Option<String>,
    pub(crate) printer: Printer,
    pub(crate) seen: Seen,
    pub(crate) jobs: Jobs,
    /// Whether somebody may press ctrl-c: else it ends the process.
    pub(crate) terminal: bool,
    /// Something has failed.
    pub(crate) failed: Arc<AtomicBool>,
}

impl Scope<'_> {
    /// Carries out one command; breaks when the shell is to end.
    pub(crate) async fn run(&self, words: &[ShellWord]) -> Result<ControlFlow<()>, Failure> {
        let words: Vec<String> = words.iter().map(|word| self.meant(word)).collect();
        commands::check(&self.definition, &words)?;
        if let [name, option] = &words[..]
            && matches!(&**option, "--help" | "-h")
        {
            self.help(Some(name))?;
            return Ok(ControlFlow::Continue(()));
        }
        let matches = self.definition.clone().try_get_matches_from(&words).map_err(|error| {
            let text = error.render().to_string();
            Failure::Usage(text.trim_start_matches("error: ").trim_end().to_owned())
        })?;
        let output = self.connection.output();
        let command = ShellCommand::from_arg_matches(&matches)
            .map_err(|error| Failure::Usage(error.to_string()))?;
        match command {
            ShellCommand::Me if output.json => output.line(&json!(self.me.to_string()).to_string()),
            ShellCommand::Me => output.line(&self.me.to_string()),
            ShellCommand::Jobs => self.show_jobs(),
            ShellCommand::Cancel { jobs } => self.cancel(&jobs)?,
            ShellCommand::Help { command } => self.help(command.as_ref())?,
            ShellCommand::Quit => return Ok(ControlFlow::Break(())),
            ShellCommand::Network(command) => {
                let connection = self.connection_for(&command, &matches);
                if command.is_endless() {
                    self.begin(command, connection, &words.join(" ")).await?;
                } else {
                    self.wait_for(&command, &connection).await?;
                }
                self.seen.read(&words.join(" "));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// `$me` is the shell's port, `#NAME` a port of its node.
    fn meant(&self, word: &ShellWord) -> String {
        match (&*word.text, &self.node) {
            (text, _) if word.quoted => text.to_owned(),
            ("$me", _) => self.me.to_string(),
            (text, Some(node)) if text.starts_with('#') => format!("{node}{text}"),
            (text, _) => text.to_owned(),
        }
    }

    /// The options before a command count for it. What goes on without end is not ended by the
    /// time that the shell's questions have.
    fn connection_for(&self, command: &NetworkCommand, matches: &ArgMatches) -> NetworkConnection {
        let mut options = self.connection.options.clone();
        options.json |= matches.get_flag("json");
        let said = matches.get_one::<Duration>("timeout").copied();
        if command.is_endless() {
            options.each = Some(said.unwrap_or(options.timeout()));
            options.timeout = said;
        } else {
            options.timeout = said.or(options.timeout);
        }
        NetworkConnection::new(self.connection.node.clone(), options)
    }

    /// Carries one out before the prompt comes back; ctrl-c gives it up.
    async fn wait_for(
        &self,
        command: &NetworkCommand,
        connection: &NetworkConnection,
    ) -> Result<(), Failure> {
        let seen = self.seen.clone();
        let sink: Sink = Arc::new(move |text| {
            seen.read(text);
            stdout::line(text);
        });
        let work = redirected(sink, command.carry_out(connection));
        tokio::select! {
            biased;
            () = self.interrupted() => {
                // Behind the ^C of the terminal.
                stdout::line("");
                Err(Failure::Failed(format!("{} was cancelled", command.name())))
            }
            done = work => done,
        }
    }

    async fn interrupted(&self) {
        if !self.terminal || tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }

    /// Begins one that goes on while others are typed.
    async fn begin(
        &self,
        command: NetworkCommand,
        connection: NetworkConnection,
        line: &str,
    ) -> Result<(), Failure> {
        let number = self.jobs.add(line.to_owned());
        let (json, output) = (connection.options.json, connection.output());
        let watched = command.watched().and_then(|port| port.parse().ok());
        let sink = self.above(number, watched.clone(), json);
        let work = async move { command.carry_out(&connection).await };
        let mut work = Box::pin(redirected(sink, work));
        // Its question is under way before the prompt is back.
        let begun = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
        if let Poll::Ready(done) = begun {
            self.jobs.remove(number);
            return done;
        }
        match json {
            true => output.line(&json!({ "job": number, "command": line }).to_string()),
            false => output.line(&format!("[{number}] {line}")),
        }
        let (printer, jobs, seen) = (self.printer.clone(), self.jobs.clone(), self.seen.clone());
        let failed = self.failed.clone();
        let task = tokio::spawn(async move {
            let done = work.await;
            failed.fetch_or(done.is_err(), Ordering::Relaxed);
            jobs.remove(number);
            // It is dead, or there is none.
            watched.iter().for_each(|port| seen.forget(port));
            let text = match (&done, json) {
                // Its line said so.
                (Ok(()), false) if watched.is_some() => return,
                (Ok(()), true) => json!({ "job": number, "done": true }).to_string(),
                (Ok(()), false) => format!("[{number}] done"),
                (Err(failure), true) => {
                    json!({ "job": number, "error": failure.to_string() }).to_string()
                }
                (Err(failure), false) => {
                    format!("[{number}] error: {}", one_line(&failure.to_string()))
                }
            };
            printer.print(&text);
        });
        self.jobs.runs(number, task.abort_handle());
        Ok(())
    }

    /// Prints the lines of a job above the line that is typed.
    fn above(&self, number: u32, watched: Option<PortId>, json: bool) -> Sink {
        let (printer, seen) = (self.printer.clone(), self.seen.clone());
        Arc::new(move |text| {
            seen.read(text);
            match &watched {
                _ if json => printer.print(text),
                Some(port) => printer.print(&format!("[{number}] {port} died: {text}")),
                None => printer.print(&format!("[{number}] {text}")),
            }
        })
    }

    fn show_jobs(&self) {
        let (jobs, output) = (self.jobs.list(), self.connection.output());
        if output.json {
            let jobs: Vec<_> =
                jobs.iter().map(|(job, line)| json!({ "job": job, "command": line })).collect();
            return output.json(&jobs.into());
        }
        for (number, line) in jobs {
            output.line(&format!("[{number}] {line}"));
        }
    }

    fn cancel(&self, jobs: &[String]) -> Result<(), Failure> {
        for job in jobs {
            if job == "all" {
                self.jobs.stop_all();
            } else if !job.parse().is_ok_and(|number| self.jobs.stop(number)) {
                return Err(Failure::Failed(format!("there is no job {job}: see jobs")));
            }
        }
        Ok(())
    }

    fn help(&self, command: Option<&String>) -> Result<(), Failure> {
        let text = match command {
            None => help::all(&self.definition, self.node.as_deref()),
            Some(name) => help::one(&self.definition, name)
                .ok_or_else(|| commands::unknown(&self.definition, name))?,
        };
        self.connection.output().line(&text);
        Ok(())
    }
}
