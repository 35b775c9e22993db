//! The commands that send something to a port.

use std::time::Duration;

use aemp_transport::Value;
use serde_json::{Value as Json, json};

use super::ask::{ask, death_of, delivered, settled};
use super::output::json_of;
use super::{Failure, NetworkConnection, words};
use aemp_actor::PortId;
use aemp_actor::log::one_line;
use aemp_actor::{Reason, kind};

/// How long an init function is given to fail before its port is said to be there.
const GRACE: Duration = Duration::from_millis(100);

/// Sends a message, and makes sure that it came to its node.
pub(crate) async fn snd(
    connection: &NetworkConnection,
    to: &str,
    message: &[String],
) -> Result<(), Failure> {
    let (to, message) = (connection.port(to)?, words::values(message)?);
    let death = death_of(connection, &to);
    connection.node.snd(&to, &message);
    delivered(connection, &to, death).await?;
    if connection.options.json {
        connection.output().json(&json!({ "delivered": to.to_string() }));
    }
    Ok(())
}

pub(crate) async fn cal(
    connection: &NetworkConnection,
    to: &str,
    request: &[String],
) -> Result<(), Failure> {
    let (to, request) = (connection.port(to)?, words::values(request)?);
    let answer = ask(connection, &to, request).await?;
    connection.output().values(&answer);
    Ok(())
}

/// Waits for the end of a port: as long as it takes, unless there is a `--timeout`.
pub(crate) async fn mon(connection: &NetworkConnection, port: &str) -> Result<(), Failure> {
    let port = connection.port(port)?;
    let limit = connection.options.timeout.unwrap_or(Duration::MAX);
    let mut death = std::pin::pin!(death_of(connection, &port));
    let watching = async {
        tokio::select! {
            biased;
            reason = &mut death => return Ok::<_, Failure>(reason),
            settled = settled(connection, port.node()) => settled?,
        }
        tracing::info!(target: "aemp", "watching {port}");
        Ok(death.await)
    };
    let Ok(reason) = tokio::time::timeout(limit, watching).await else {
        return Err(Failure::Timeout(format!("{port} is still alive after {limit:?}")));
    };
    let reason = reason?;
    if matches!(reason.kind(), kind::NO_SUCH_PORT | kind::TRANSPORT_ERROR | kind::AUTH_ERROR) {
        return Err(Failure::died(&port, &reason));
    }
    if connection.options.json {
        let values: Vec<Json> = reason.values().iter().map(json_of).collect();
        connection.output().json(&json!({ "port": port.to_string(), "reason": values }));
    } else {
        connection.output().line(&one_line(&reason.to_string()));
    }
    Ok(())
}

pub(crate) async fn kil(
    connection: &NetworkConnection,
    port: &str,
    reason: &[String],
    now: bool,
) -> Result<(), Failure> {
    let (port, reason) = (connection.port(port)?, words::values(reason)?);
    if port.is_node() {
        return Err(Failure::Usage(format!("a node port cannot be killed: {port}")));
    }
    let death = death_of(connection, &port);
    let why = Reason::from_values(reason.clone());
    if now {
        connection.node.kil_now(&port, why);
    } else {
        connection.node.kil(&port, why);
    }
    let limit = connection.options.timeout();
    match tokio::time::timeout(connection.left(), death).await {
        Err(_) if now => Err(Failure::Timeout(format!("{port} is not dead after {limit:?}"))),
        Err(_) => Err(Failure::Timeout(format!(
            "{port} is not dead after {limit:?}: a kil waits for the handler that runs, and for what \
             was sent before; kil --now does not"
        ))),
        Ok(end) if end == Reason::from_values(reason) => {
            if connection.options.json {
                connection.output().json(&json!({ "killed": port.to_string() }));
            }
            Ok(())
        }
        Ok(end) => Err(Failure::died(&port, &end)),
    }
}

pub(crate) async fn spawn(
    connection: &NetworkConnection,
    on: &str,
    init: &str,
    args: &[String],
) -> Result<(), Failure> {
    let (on, args) = (connection.node_id(on)?, words::values(args)?);
    let port = connection.node.spawn(&on, init, &args);
    let mut death = std::pin::pin!(death_of(connection, &port));
    delivered(connection, &port, &mut death).await?;
    // The function runs by itself: nothing tells when it has succeeded.
    if let Ok(reason) = tokio::time::timeout(GRACE, death).await {
        return Err(Failure::died(&port, &reason));
    }
    match connection.options.json {
        true => connection.output().json(&Json::from(port.to_string())),
        false => connection.output().line(&port.to_string()),
    }
    Ok(())
}

/// A Perl node answers with an error text, empty if there is none, and the results.
pub(crate) async fn eval(
    connection: &NetworkConnection,
    on: &str,
    code: &str,
) -> Result<(), Failure> {
    let on = connection.node_id(on)?;
    let request = vec![Value::from("eval"), Value::from(code)];
    let mut answer = ask(connection, &PortId::of_node(&on), request).await?;
    if answer.is_empty() {
        return Err(Failure::Failed(format!("node {on} did not answer eval")));
    }
    match answer.remove(0) {
        Value::Str(error) if !error.is_empty() => {
            Err(Failure::Failed(format!("{on}: {}", error.trim_end())))
        }
        _ => {
            connection.output().values(&answer);
            Ok(())
        }
    }
}
