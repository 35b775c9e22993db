//! Asking nodes what could be meant, in bounded time.

use std::future::Future;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::known::Known;
use crate::looking;
use aemp_actor::Node;
use aemp_actor::NodeId;
use aemp_actor::introspection::{FunctionInfo, PortQuery};

/// How long the line editor waits for an answer. What comes later counts the next time.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);

/// How long a question may be under way.
const LIMIT: Duration = Duration::from_secs(5);

/// Ports that are asked for.
const PORTS: usize = 200;

/// Asks nodes about functions and ports. Each call waits so long at the most, and not at all
/// for a node that still owes an answer; then what the node told before counts. Nodes that
/// cannot be asked (those of the Perl implementation) have told nothing.
pub(crate) struct Asking {
    node: Node,
    runtime: Handle,
    /// How long a call waits.
    patience: Duration,
    functions: Arc<Mutex<Known<FunctionInfo>>>,
    ports: Arc<Mutex<Known<String>>>,
}

impl Asking {
    /// # Panics
    /// Outside of a tokio runtime.
    pub(crate) fn new(node: Node, patience: Duration) -> Self {
        let (functions, ports) = Default::default();
        Self { node, runtime: Handle::current(), patience, functions, ports }
    }

    /// The nodes, this one included.
    pub(crate) fn nodes(&self) -> Vec<String> {
        let others = looking::known(&self.node).into_iter().map(|(node, _)| node);
        others.chain([self.node.id().clone()]).map(|node| node.to_string()).collect()
    }

    /// What can be run by name on a node, by us.
    pub(crate) fn functions(&self, of: &str) -> Vec<FunctionInfo> {
        let Some(of) = self.known(of) else { return Vec::new() };
        let look = self.node.introspect(&of).timeout(LIMIT);
        let mut functions =
            self.ask(&self.functions, of, async move { look.functions().await.ok() });
        functions.retain(|function| function.allowed);
        functions
    }

    /// The names of ports of a node that begin like this, but for those of requests.
    pub(crate) fn ports(&self, of: &str, beginning: &str) -> Vec<String> {
        let Some(of) = self.known(of) else { return Vec::new() };
        // No port is called like this.
        if beginning.contains(['*', '?']) {
            return Vec::new();
        }
        let look = self.node.introspect(&of).timeout(LIMIT);
        let query = PortQuery::new().pattern(format!("{beginning}*")).limit(PORTS);
        let mut names = self.ask(&self.ports, of, async move {
            let ports = look.ports(query).await.ok()?.ports.into_iter();
            let lasting = ports.filter(|port| !port.is_temporary());
            Some(lasting.map(|port| port.name).collect())
        });
        names.retain(|name| name.starts_with(beginning));
        names
    }

    /// Nobody else is asked: that would have somebody dialled who does not exist.
    fn known(&self, node: &str) -> Option<NodeId> {
        let id: NodeId = node.parse().ok()?;
        self.nodes().iter().any(|known| known == node).then_some(id)
    }

    fn ask<T: Clone + Send + 'static>(
        &self,
        known: &Arc<Mutex<Known<T>>>,
        of: NodeId,
        question: impl Future<Output = Option<Vec<T>>> + Send + 'static,
    ) -> Vec<T> {
        if known.lock().begin(&of) {
            let (tell, told) = mpsc::channel();
            let (known, of) = (known.clone(), of.clone());
            self.runtime.spawn(async move {
                let answer = question.await;
                known.lock().end(&of, answer);
                let _ = tell.send(());
            });
            let _ = told.recv_timeout(self.patience);
        }
        known.lock().answer(&of)
    }
}
