//! One run of the shell.

use aemp_transport::Value;
use serde_json::Value as Json;

use super::commands::{Next, Scope};
use super::completion::{Completion, Seen};
use super::lines::words;
use super::reader::Reader;
use crate::cli::output::json_of;
use crate::cli::{Connection, Failure, progress};
use crate::id::PortId;
use crate::message::Message;

/// Reads and carries out lines until the input ends or somebody quits. `node` is where port IDs
/// without a node are.
pub(crate) async fn run(connection: &Connection, node: Option<&String>) -> Result<(), Failure> {
    progress::end();
    let seen = Seen::default();
    let completion = Completion { node: connection.node.clone(), seen: seen.clone() };
    let (reader, printer) = Reader::new(completion)
        .map_err(|error| Failure::Failed(format!("cannot read lines: {error}")))?;
    let arriving = printer.clone();
    let port = connection.node.port_fn(move |_, message: Message| {
        let values = message.values().unwrap_or_default();
        remember(&seen, &values);
        let texts: Vec<String> = values.iter().map(|value| json_of(value).to_string()).collect();
        arriving.print(&format!("⇒ {}", texts.join(",")));
    });
    let me = PortId::from(&port);
    connection.output().line(&format!("this is {me}; help shows the commands"));
    let scope = Scope { connection, me, node: node.cloned(), printer };
    let mut lines = reader.start();
    while let Some((line, done)) = lines.recv().await {
        let outcome = match words(&line) {
            Ok(words) => scope.run(&words).await,
            Err(problem) => Err(Failure::Usage(problem)),
        };
        match outcome {
            Ok(Next::Prompt) => {}
            Ok(Next::End) => return Ok(()),
            Err(failure) => connection.output().line(&format!("error: {failure}")),
        }
        // The reader has gone when the terminal has.
        let _ = done.send(());
    }
    Ok(())
}

/// Port IDs in a message can be completed from now on.
fn remember(seen: &Seen, values: &[Value]) {
    for value in values {
        if let Json::String(text) = json_of(value)
            && PortId::looks_like_port(&text)
        {
            seen.add(text);
        }
    }
}
