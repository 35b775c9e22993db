//! Carrying out what was typed.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use clap::{ArgMatches, Command};
use serde_json::json;

use super::commands;
use super::help;
use super::jobs::Jobs;
use super::lines::Word;
use super::printer::Printer;
use super::seen::Seen;
use crate::network::{self, ENDLESS};
use crate::output::{Sink, redirected};
use crate::{Connection, Failure, stdout};
use aemp_actor::PortId;
use aemp_actor::log::one_line;

/// What comes after a command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Next {
    Prompt,
    End,
}

/// What the commands of a shell have in common.
pub(crate) struct Scope<'a> {
    pub(crate) definition: Command,
    pub(crate) connection: &'a Connection,
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
    /// Carries out one command.
    pub(crate) async fn run(&self, words: &[Word]) -> Result<Next, Failure> {
        let words: Vec<String> = words.iter().map(|word| self.meant(word)).collect();
        commands::check(&self.definition, &words)?;
        if let [name, option] = &words[..]
            && matches!(&**option, "--help" | "-h")
        {
            self.help(Some(name))?;
            return Ok(Next::Prompt);
        }
        let matches = self.definition.clone().try_get_matches_from(&words).map_err(|error| {
            let text = error.render().to_string();
            Failure::Usage(text.trim_start_matches("error: ").trim_end().to_owned())
        })?;
        let Some((name, arguments)) = matches.subcommand() else { return Ok(Next::Prompt) };
        let output = self.connection.output();
        match name {
            "me" if output.json => output.line(&json!(self.me.to_string()).to_string()),
            "me" => output.line(&self.me.to_string()),
            "jobs" => self.show_jobs(),
            "stop" => self.stop(arguments)?,
            "help" => self.help(arguments.get_one("COMMAND"))?,
            "quit" => return Ok(Next::End),
            name => {
                let connection = self.connection_for(name, &matches);
                if ENDLESS.contains(&name) {
                    self.begin(name, arguments, connection, &words.join(" ")).await?;
                } else {
                    self.wait_for(name, arguments, &connection).await?;
                }
                self.seen.read(&words.join(" "));
            }
        }
        Ok(Next::Prompt)
    }

    /// `$me` is the shell's port, `#NAME` a port of its node.
    fn meant(&self, word: &Word) -> String {
        match (&*word.text, &self.node) {
            (text, _) if word.quoted => text.to_owned(),
            ("$me", _) => self.me.to_string(),
            (text, Some(node)) if text.starts_with('#') => format!("{node}{text}"),
            (text, _) => text.to_owned(),
        }
    }

    /// The options before a command count for it. What goes on without end is not ended by the
    /// time that the shell's questions have.
    fn connection_for(&self, name: &str, matches: &ArgMatches) -> Connection {
        let mut options = self.connection.options.clone();
        options.json |= matches.get_flag("json");
        let said = matches.get_one::<Duration>("timeout").copied();
        if ENDLESS.contains(&name) {
            options.each = Some(said.unwrap_or(options.timeout()));
            options.timeout = said;
        } else {
            options.timeout = said.or(options.timeout);
        }
        Connection::new(self.connection.node.clone(), options)
    }

    /// Carries one out before the prompt comes back; ctrl-c gives it up.
    async fn wait_for(
        &self,
        name: &str,
        arguments: &ArgMatches,
        connection: &Connection,
    ) -> Result<(), Failure> {
        let seen = self.seen.clone();
        let sink: Sink = Arc::new(move |text| {
            seen.read(text);
            stdout::line(text);
        });
        let command = redirected(sink, network::carry_out(name, arguments, connection));
        tokio::select! {
            biased;
            () = self.interrupted() => {
                // Behind the ^C of the terminal.
                stdout::line("");
                Err(Failure::Failed(format!("{name} was given up")))
            }
            done = command => done,
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
        name: &str,
        arguments: &ArgMatches,
        connection: Connection,
        line: &str,
    ) -> Result<(), Failure> {
        let number = self.jobs.add(line.to_owned());
        let (json, output) = (connection.options.json, connection.output());
        let watched = match name {
            "mon" => arguments.get_one::<String>("PORT").and_then(|port| port.parse().ok()),
            _ => None,
        };
        let sink = self.above(number, watched.clone(), json);
        let (name, arguments) = (name.to_owned(), arguments.clone());
        let mut command = Box::pin(redirected(sink, async move {
            network::carry_out(&name, &arguments, &connection).await
        }));
        // Its question is under way before the prompt is back.
        let begun = poll_fn(|context| Poll::Ready(command.as_mut().poll(context))).await;
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
            let done = command.await;
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

    fn stop(&self, arguments: &ArgMatches) -> Result<(), Failure> {
        for job in arguments.get_many::<String>("JOB").unwrap_or_default() {
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
