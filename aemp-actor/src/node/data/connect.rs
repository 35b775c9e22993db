//! [`Node::connect_to`]: makes a data connection.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{Value, to_values};
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::attempt::Attempt;
use super::connection::DataConn;
use super::error::DataConnError;
use super::handing_over::hand_over;
use super::requests::expect_request;
use super::wire::CONNECT;
use super::{dialling, functions};
use crate::id::{NodeId, PortId};
use crate::message::Message;
use crate::node::{Core, Node, timer_deadline};
use crate::port::on_node;

impl Node {
    /// Makes a connection of bytes to another node, beside the messages, and has the function of
    /// that name take it over there: one that was registered by [`on_connect`](Self::on_connect),
    /// or an init function of the Perl implementation.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use aemp_actor::prelude::*;
    /// # use tokio::io::AsyncWriteExt;
    /// # async fn upload(node: Node) -> Result<(), Box<dyn std::error::Error>> {
    /// let limit = Duration::from_secs(5);
    /// let conn = node.connect_to("worker-7", limit, "Chat::upload", ("file.bin",)).await?;
    /// let (mut reader, mut writer) = conn.into_split();
    /// writer.write_all(b"bytes").await?;
    /// writer.shutdown().await?;
    /// tokio::io::copy(&mut reader, &mut tokio::io::sink()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// `args` is anything that serialises as a sequence, usually a tuple. `timeout` is the limit of
    /// everything: connecting to the node, if it is not connected, being expected there, and
    /// dialling; it takes some four rounds.
    ///
    /// The connection is made to one of the listeners of the other node; if it has none, or none
    /// can be reached, it is asked to dial a listener of this one. So one of the two has to listen.
    /// A node can connect to itself.
    ///
    /// # Errors
    /// The other node refuses, saying why; it cannot be reached; or it took too long.
    ///
    /// # Panics
    /// When `args` cannot be serialised.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, nothing is left of the attempt, also on the other node.
    pub async fn connect_to(
        &self,
        node: impl Into<NodeId>,
        timeout: Duration,
        name: &str,
        args: impl Serialize,
    ) -> Result<DataConn, DataConnError> {
        let node = node.into();
        let values = match to_values(&args) {
            Ok(values) => values,
            Err(error) => panic!("the arguments of {name} cannot be serialised: {error}"),
        };
        drop(args);
        if self.is_shut_down() {
            return Err(DataConnError::ShutDown { node });
        }
        if node == *self.id() {
            return connect_within(self.core(), node, name, values);
        }
        let mut course = Course {
            core: self.core(),
            attempt: Attempt::begin(self, &node),
            deadline: timer_deadline(timeout),
            doing: "it has not answered".to_owned(),
        };
        let request =
            expect_request(&course.attempt.id, &course.attempt.port, timeout, name, values);
        match timeout_at(course.deadline, course.run(&request)).await {
            Ok(Ok(conn)) => {
                course.attempt.succeed(course.deadline);
                Ok(conn)
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(DataConnError::Timeout { node, timeout, doing: course.doing }),
        }
    }
}

/// A connection of a node to itself.
fn connect_within(
    core: &Arc<Core>,
    node: NodeId,
    name: &str,
    mut args: Vec<Value>,
) -> Result<DataConn, DataConnError> {
    let refused = |text| DataConnError::Refused { node: node.clone(), text };
    args.insert(0, Value::from(name));
    let Some(function) = core.network().data().functions.find(name) else {
        let text = format!("it has no function {name:?} for data connections (Node::on_connect)");
        return Err(refused(text));
    };
    let prepared = on_node(core, || function(&Message::from_values(args))).map_err(refused)?;
    let (ours, theirs) = DataConn::pair(&node);
    functions::run(core, name.to_owned(), prepared, theirs);
    Ok(ours)
}

/// The course of an attempt.
struct Course<'a> {
    core: &'a Arc<Core>,
    attempt: Attempt,
    deadline: Instant,
    /// For the error, should the time be over.
    doing: String,
}

impl Course<'_> {
    async fn run(&mut self, request: &[Value]) -> Result<DataConn, DataConnError> {
        let node_port = PortId::of_node(&self.attempt.node);
        self.core.snd(&node_port, request);
        // Answered when the request has been carried out: what is dialled now is expected.
        self.core.snd(&node_port, &("snd", self.attempt.port.to_string(), "expected"));
        if let Some(conn) = self.attempt.next().await? {
            return Ok(conn);
        }
        let may_ask = self.core.network().has_listeners();
        let problem = match self.dial_all(usize::from(may_ask)).await? {
            Dialled::Connected(conn) => return Ok(conn),
            Dialled::Failed(problem) => problem,
        };
        if !may_ask {
            let node = self.attempt.node.clone();
            return Err(match problem {
                Some(problem) => DataConnError::Unreachable { node, problem },
                None => DataConnError::NoListeners { node },
            });
        }
        self.doing = match problem {
            Some(problem) => format!("{problem}; it was asked to dial, and did not"),
            None => "it has no listeners, was asked to dial, and did not".to_owned(),
        };
        self.core.snd(&node_port, &(CONNECT, &self.attempt.id, self.core.id().as_str()));
        self.connected().await
    }

    /// Tries the addresses of the other node, one after the other. Each has its share of the time,
    /// as have the other ways that are left then.
    async fn dial_all(&mut self, others: usize) -> Result<Dialled, DataConnError> {
        let addresses = self.core.addresses(&self.attempt.node);
        let (node, id) = (self.attempt.node.clone(), self.attempt.id.clone());
        let mut problem = None;
        for (tried, address) in addresses.iter().enumerate() {
            self.doing = format!("no answer from {address}");
            let ways = u32::try_from(addresses.len() - tried + others).unwrap_or(u32::MAX);
            let now = Instant::now();
            let limit = now + self.deadline.saturating_duration_since(now) / ways;
            let dialled = tokio::select! {
                dialled = timeout_at(limit, dialling::dial(self.core, address, &node, &id)) => dialled,
                conn = self.connected() => return conn.map(Dialled::Connected),
            };
            match dialled {
                Ok(Ok(established)) => {
                    drop(hand_over(self.core, &id, established));
                    return self.connected().await.map(Dialled::Connected);
                }
                Ok(Err(error)) => problem = Some(error.to_string()),
                Err(_) => problem = Some(format!("no answer from {address}")),
            }
        }
        Ok(Dialled::Failed(problem))
    }

    async fn connected(&mut self) -> Result<DataConn, DataConnError> {
        loop {
            if let Some(conn) = self.attempt.next().await? {
                return Ok(conn);
            }
        }
    }
}

/// What came of dialling.
enum Dialled {
    Connected(DataConn),
    /// The problem with the last address, if there was one.
    Failed(Option<String>),
}
