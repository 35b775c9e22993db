//! The typed questions.

use std::any::type_name;
use std::time::Duration;

use aemp_transport::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::conversation::Conversation;
use super::error::IntrospectError;
use crate::id::{NodeId, PortId};
use crate::introspection::{
    Deaths, FunctionInfo, GroupPage, GroupQuery, NodeInfo, PortPage, PortQuery,
};
use crate::node::Node;
use crate::port::CallError;
use crate::reason::{Reason, kind};
use crate::supervisor::{SupervisorInfo, SupervisorPort};

/// How long an answer is waited for, unless it is said otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Asks a node about itself: see [`Node::introspect`].
///
/// # Cancel safety
/// All questions can be dropped while they wait; the answer then goes nowhere.
#[derive(Clone, Debug)]
pub struct Introspect {
    node: Node,
    of: NodeId,
    timeout: Duration,
}

/// Looking into nodes.
impl Node {
    /// Looks into a node, this one or any other, which is connected to if need be.
    pub fn introspect(&self, node: impl Into<NodeId>) -> Introspect {
        Introspect { node: self.clone(), of: node.into(), timeout: TIMEOUT }
    }
}

impl Introspect {
    /// Sets how long each answer is waited for. Default 30 s. That a node has no such function is
    /// noticed sooner.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What the node tells of itself.
    ///
    /// # Errors
    /// See [`IntrospectError`].
    pub async fn info(&self) -> Result<NodeInfo, IntrospectError> {
        self.ask("aemp::info", Vec::new()).await
    }

    /// Its ports. On a node that has many it takes time that grows with their number; with more
    /// than 10,000 ports the right to `aemp::functions` is needed, too.
    ///
    /// # Errors
    /// See [`IntrospectError`].
    pub async fn ports(&self, query: PortQuery) -> Result<PortPage, IntrospectError> {
        let mut asked = self.begin("aemp::ports", vec![value(&query)]);
        match asked.answer().await {
            // A node with many ports answers after the echo; one that does not grant it, never.
            Err(error @ IntrospectError::Unanswered { .. }) => match self.functions().await {
                Ok(functions) if is_allowed(&functions, "aemp::ports") => asked.answer().await,
                _ => Err(error),
            },
            answered => answered,
        }
    }

    /// What can be run there by name.
    ///
    /// # Errors
    /// See [`IntrospectError`].
    pub async fn functions(&self) -> Result<Vec<FunctionInfo>, IntrospectError> {
        self.ask("aemp::functions", Vec::new()).await
    }

    /// How its last ports died, but for normal ends.
    ///
    /// # Errors
    /// See [`IntrospectError`].
    pub async fn deaths(&self) -> Result<Deaths, IntrospectError> {
        self.ask("aemp::deaths", Vec::new()).await
    }

    /// The groups that it knows of.
    ///
    /// # Errors
    /// See [`IntrospectError`].
    pub async fn groups(&self, query: GroupQuery) -> Result<GroupPage, IntrospectError> {
        self.ask("aemp::groups", vec![value(&query)]).await
    }

    /// Has it end for good: its ports die with `shutdown`. That it has begun to is all that is waited for.
    ///
    /// # Errors
    /// When its program has not said how ([`Node::on_stop`]), and as above.
    pub async fn stop(&self) -> Result<(), IntrospectError> {
        self.ask("aemp::stop", Vec::new()).await
    }

    /// Its supervisors, with their children, by the names of their ports; 10,000 at the most. Each of them is
    /// asked by a message (`which_children`), to which the right to send messages is needed.
    ///
    /// # Errors
    /// See [`IntrospectError`].
    pub async fn supervisors(&self) -> Result<Vec<SupervisorInfo>, IntrospectError> {
        let query = PortQuery::new().pattern(type_name::<SupervisorPort>()).limit(usize::MAX);
        let mut supervisors = Vec::new();
        for port in self.ports(query).await?.ports {
            let id = PortId::new(self.of.clone(), port.name.into());
            let call = self.node.cal::<(SupervisorInfo,)>(id, ("which_children",));
            match call.timeout(self.timeout).await {
                Ok((supervisor,)) => supervisors.push(supervisor),
                // It has ended meanwhile.
                Err(CallError::Died { reason, .. }) if self.is_of_port(&reason) => {}
                Err(error) => return Err(self.unanswered("which_children", error)),
            }
        }
        Ok(supervisors)
    }

    /// Whether it is the end of a port, and not of the connection.
    fn is_of_port(&self, reason: &Reason) -> bool {
        self.of == *self.node.id() || reason.kind() != kind::TRANSPORT_ERROR
    }

    fn unanswered(&self, function: &'static str, error: CallError) -> IntrospectError {
        let node = self.of.clone();
        match error {
            CallError::Timeout { after, .. } => IntrospectError::Timeout { node, function, after },
            CallError::Died { reason, .. } => IntrospectError::Down { node, reason },
            CallError::BadAnswer { text, .. } => {
                IntrospectError::BadAnswer { node, function, text }
            }
            other => IntrospectError::Refused { node, function, text: other.to_string() },
        }
    }

    /// Has it end, and its watchdog start it again.
    ///
    /// # Errors
    /// When it has none ([`Node::on_restart`]), and as above.
    pub async fn restart(&self) -> Result<(), IntrospectError> {
        self.ask("aemp::restart", Vec::new()).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        function: &'static str,
        args: Vec<Value>,
    ) -> Result<T, IntrospectError> {
        self.begin(function, args).answer().await
    }

    pub(crate) fn begin(&self, function: &'static str, args: Vec<Value>) -> Conversation {
        Conversation::begin(&self.node, &self.of, function, args, self.timeout)
    }
}

fn is_allowed(functions: &[FunctionInfo], name: &str) -> bool {
    functions.iter().any(|function| function.name == name && function.allowed)
}

fn value(query: &impl Serialize) -> Value {
    aemp_transport::to_value(query).expect("queries serialise")
}
