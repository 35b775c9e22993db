//! One run of the shell.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value as Json, json};

use super::asking::{Asking, PATIENCE};
use super::commands::definition;
use super::completion::Completion;
use super::jobs::Jobs;
use super::lines::commands;
use super::news::News;
use super::printer::Printer;
use super::reader::Reader;
use super::scope::Scope;
use super::seen::Seen;
use crate::ending::{Before, ending};
use crate::output::json_of;
use crate::{Failure, NetworkConnection};
use aemp_actor::Message;
use aemp_actor::NodeEvent;
use aemp_actor::PortId;
use aemp_actor::log::one_line;

/// Reads and carries out lines until the input ends or somebody quits. `node` is where port IDs
/// without a node are. Lines that do not come from a terminal must not fail, or this does in the end.
pub(crate) async fn run(
    connection: &NetworkConnection,
    node: Option<&String>,
) -> Result<(), Failure> {
    let (seen, jobs, failed) = (Seen::default(), Jobs::default(), Arc::new(AtomicBool::new(false)));
    let completion = Completion {
        definition: definition(),
        node: connection.node.clone(),
        on: node.cloned(),
        asking: Asking::new(connection.node.clone(), PATIENCE),
        seen: seen.clone(),
        jobs: jobs.clone(),
        at_once: false,
    };
    let terminal = std::io::stdin().is_terminal();
    // Of a terminal: before its settings are others.
    let before = terminal.then(Before::keep);
    // Before the line editor reads: it has a handler of SIGINT of its own for the time of each line, and
    // then puts back the one that it found. Were that the default one, the next ctrl-c would end the shell.
    let ended = before.as_ref().and_then(|_| ending(false).ok());
    let ended = async {
        match ended {
            Some(ended) => ended.await,
            None => std::future::pending().await,
        }
    };
    let (reader, printer) = Reader::new(completion)
        .map_err(|error| Failure::Failed(format!("cannot read lines: {error}")))?;
    let me = own_port(connection, printer.clone(), seen.clone());
    let news = tokio::spawn(news(connection, printer.clone()));
    greet(connection, &me);
    let scope = Scope {
        definition: definition(),
        connection,
        me,
        node: node.cloned(),
        printer: printer.clone(),
        seen,
        jobs,
        terminal,
        failed,
    };
    let mut lines = reader.start();
    let session = async {
        while let Some((line, done)) = lines.recv().await {
            if carry_out(&scope, line).await.is_break() {
                break;
            }
            // The reader has gone when the terminal has.
            let _ = done.send(());
        }
    };
    tokio::select! {
        () = session => {}
        // The reader has the terminal, and cannot be told.
        () = ended => before.iter().for_each(Before::put_back),
    }
    scope.jobs.stop_all();
    news.abort();
    printer.finish();
    if !terminal && scope.failed.load(Ordering::Relaxed) {
        return Err(Failure::Said(1));
    }
    Ok(())
}

fn greet(connection: &NetworkConnection, me: &PortId) {
    let output = connection.output();
    match output.json {
        true => output.line(&json!({ "port": me.to_string() }).to_string()),
        false => output.line(&format!("this is {me}; help shows the commands")),
    }
}

/// A line may be a pasted text of many. What follows a command that failed is carried out, too.
async fn carry_out(scope: &Scope<'_>, line: Result<String, String>) -> ControlFlow<()> {
    let commands = match line.and_then(|line| commands(&line)) {
        Ok(commands) => commands,
        Err(problem) => {
            complain(scope, &problem);
            return ControlFlow::Continue(());
        }
    };
    for words in commands {
        match scope.run(&words).await {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => return ControlFlow::Break(()),
            Err(failure) => complain(scope, &failure.to_string()),
        }
    }
    ControlFlow::Continue(())
}

fn complain(scope: &Scope<'_>, problem: &str) {
    scope.failed.store(true, Ordering::Relaxed);
    let output = scope.connection.output();
    match output.json {
        true => output.line(&json!({ "error": problem }).to_string()),
        false => output.line(&format!("error: {problem}")),
    }
}

/// The port whose messages are printed.
fn own_port(connection: &NetworkConnection, printer: Printer, seen: Seen) -> PortId {
    let json = connection.options.json;
    let port = connection.node.port_fn(move |_, message: Message| {
        let values: Vec<Json> = message.values().unwrap_or_default().iter().map(json_of).collect();
        let text = match json {
            true => json!({ "message": values }).to_string(),
            false => {
                let texts: Vec<String> = values.iter().map(Json::to_string).collect();
                format!("⇒ {}", texts.join(","))
            }
        };
        seen.read(&text);
        printer.print(&text);
    });
    PortId::from(&port)
}

/// Tells of nodes that go and come back, until it is dropped.
fn news(
    connection: &NetworkConnection,
    printer: Printer,
) -> impl Future<Output = ()> + Send + use<> {
    let (node, json) = (connection.node.clone(), connection.options.json);
    let mut events = node.node_events();
    let mut news = News::default();
    async move {
        while let Some(event) = events.next().await {
            let down = match &event {
                NodeEvent::Down { reason, .. } => Some(reason),
                _ => None,
            };
            let Some(text) = news.of(event.node(), down, node.up_nodes().len()) else { continue };
            match (json, &event) {
                (false, _) => printer.print(&one_line(&text)),
                (true, NodeEvent::Up { node, .. }) => {
                    printer.print(&json!({ "node": node.as_str(), "up": true }).to_string());
                }
                (true, NodeEvent::Down { node, reason, .. }) => {
                    let event =
                        json!({ "node": node.as_str(), "up": false, "reason": reason.text() });
                    printer.print(&event.to_string());
                }
                (true, _) => {}
            }
        }
    }
}
