//! Asking every node the same.

use std::future::Future;

use tokio::task::JoinSet;

use crate::{Failure, NetworkConnection};
use aemp_actor::NodeId;
use aemp_actor::introspection::{Introspect, IntrospectError};
use aemp_actor::log::one_line;

/// The answers of one node, or of all that are connected but for other people's commands, sorted by node.
/// Of all nodes those that do not answer are told of beside the results; one that was named has to.
pub(crate) async fn every<T, A>(
    connection: &NetworkConnection,
    only: Option<&str>,
    ask: impl Fn(Introspect) -> A,
) -> Result<Vec<(NodeId, T)>, Failure>
where
    T: Send + 'static,
    A: Future<Output = Result<T, IntrospectError>> + Send + 'static,
{
    if let Some(node) = only {
        let answer = ask(connection.look(node)?).await?;
        return Ok(vec![(connection.node_id(node)?, answer)]);
    }
    let mut asked = JoinSet::new();
    for node in connection.node.up_nodes().into_iter().filter(|node| !node.is_anonymous()) {
        let answer = ask(connection.node.introspect(&node).timeout(connection.left()));
        asked.spawn(async move { (node, answer.await) });
    }
    let (mut answers, mut errors) = (Vec::new(), Vec::new());
    for (node, answer) in asked.join_all().await {
        match answer {
            Ok(answer) => answers.push((node, answer)),
            Err(error) => errors.push((node, error)),
        }
    }
    answers.sort_by(|(a, _), (b, _)| a.cmp(b));
    errors.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (_, error) in &errors {
        connection.output().note(&one_line(&error.to_string()));
    }
    match errors.into_iter().next() {
        Some((_, error)) if answers.is_empty() => Err(error.into()),
        _ => Ok(answers),
    }
}
