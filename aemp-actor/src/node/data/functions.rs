//! Which functions take data connections.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use dashmap::DashMap;

use super::connection::DataConn;
use crate::die::Die;
use crate::message::{FromArgs, Message};
use crate::node::{Core, Node};
use crate::panics;
use crate::port::Outcome;
use crate::visible::one_line;

/// What a function does with a connection.
type Task = Pin<Box<dyn Future<Output = Result<(), Die>> + Send>>;

/// A function whose arguments are there.
pub(super) type Prepared = Box<dyn FnOnce(DataConn) -> Task + Send>;

/// Reads the arguments of a message that has them after the function's name.
type Function = Arc<dyn Fn(&Message) -> Result<Prepared, String> + Send + Sync>;

/// The functions by name.
#[derive(Default)]
pub(super) struct Functions {
    by_name: DashMap<String, Function>,
}

impl Functions {
    fn add(&self, name: String, function: Function) -> bool {
        self.by_name.insert(name, function).is_none()
    }

    pub(super) fn find(&self, name: &str) -> Option<Function> {
        self.by_name.get(name).map(|function| function.clone())
    }
}

impl Node {
    /// Registers a function that takes data connections: what other nodes name when they
    /// [`connect_to`](Self::connect_to) this one. True when the name was free; otherwise it is
    /// replaced.
    ///
    /// ```
    /// # use aemp_actor::prelude::*;
    /// # use aemp_actor::DataConn;
    /// # use tokio::io::AsyncWriteExt;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let node = Node::local();
    /// node.on_connect("Files::greet", async |mut conn: DataConn, (name,): (String,)| {
    ///     conn.write_all(format!("hello, {name}").as_bytes()).await?;
    ///     conn.shutdown().await?;
    ///     Ok(())
    /// });
    /// # }
    /// ```
    ///
    /// The arguments are decoded before a connection is made: those of other types are refused, as
    /// are functions that do not exist. For each connection `f` runs in a task of its own, until
    /// the node is shut down. What it keeps of the connection lives as long as it wants. An `Err`
    /// or a panic is logged.
    ///
    /// # Panics
    /// When the name does not contain `::`.
    #[track_caller]
    pub fn on_connect<A, F, Fut>(&self, name: impl Into<String>, f: F) -> bool
    where
        A: FromArgs,
        F: Fn(DataConn, A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: Outcome> + Send + 'static,
    {
        let name = name.into();
        assert!(name.contains("::"), "the name of a function must contain \"::\": {name:?}");
        let f = Arc::new(f);
        let function = move |message: &Message| {
            let args = message.args::<A>().map_err(|error| error.to_string())?;
            let f = f.clone();
            let task =
                move |conn| -> Task { Box::pin(async move { f(conn, args).await.into_result() }) };
            Ok(Box::new(task) as Prepared)
        };
        self.core().network().data().functions.add(name, Arc::new(function))
    }
}

/// Runs a function on its connection.
pub(super) fn run(core: &Arc<Core>, name: String, function: Prepared, conn: DataConn) {
    core.run(async move {
        let peer = conn.peer().clone();
        if let Err(die) = panics::caught_async(|| function(conn)).await {
            let text = format!("{name}, on a data connection of node {peer}: {die}");
            tracing::error!(target: "aemp", "{}", one_line(&text));
        }
    });
}
