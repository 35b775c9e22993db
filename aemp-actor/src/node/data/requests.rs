//! What other nodes ask about data connections (AEMP protocol, section 6).

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{Admitted, Value};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use super::dialling;
use super::expectations::{Expectation, Wanted};
use super::functions;
use super::handing_over::{fail, hand_over, reason};
use super::wire::{CONNECT, EXPECT};
use crate::id::{NodeId, PortId};
use crate::message::Message;
use crate::node::{Action, Builtin, Core, DIAL_LIMIT, Origin, Problem, Rights};
use crate::port::on_node;

/// How long a connection is expected at most, whatever the other node wants.
pub(super) const LONGEST: Duration = Duration::from_secs(600);

/// The longest ID, and the longest name of a port that is to be told.
const LONGEST_NAME: usize = 256;

/// How much the arguments may weigh, in bytes: they wait here until the connection comes.
const MAX_ARGS: usize = 64 << 10;

/// Why no data connection is expected, or dialled.
#[derive(Debug, thiserror::Error)]
enum ExpectError {
    #[error("{0}")]
    Malformed(String),
    #[error("the port {port} is none of its own")]
    ForeignPort { port: PortId },
    #[error("it has no right to {right} (Config::access)")]
    Denied { right: &'static str },
    #[error("node {node} has no function {name:?} for data connections (Node::on_connect)")]
    NoFunction { node: NodeId, name: String },
    #[error("the arguments take some {bytes} bytes, {MAX_ARGS} are allowed")]
    LongArguments { bytes: usize },
    #[error("{limit} data connections of it are open or expected already (max_data_connections)")]
    TooMany { limit: usize },
    #[error("the ID of the connection is taken")]
    IdTaken,
    #[error("it wants no such connection, or has asked before")]
    NotWanted,
    #[error("node {node} is not the one that asks")]
    OtherNode { node: String },
}

/// The functions that another node asks for data connections with.
pub(crate) const EXPECT_BUILTIN: Builtin =
    Builtin::of_data(EXPECT, |core, from, message| of_node(core, from, message, expect));
pub(crate) const CONNECT_BUILTIN: Builtin =
    Builtin::of_data(CONNECT, |core, from, message| of_node(core, from, message, dial));

type CarryOut = fn(&Arc<Core>, &NodeId, &Rights, &Message) -> Result<(), ExpectError>;

fn of_node(
    core: &Arc<Core>,
    from: Option<&Origin>,
    message: &Message,
    carry_out: CarryOut,
) -> Result<(), Problem> {
    let Origin { peer, rights, .. } = from.ok_or("only another node can ask this")?;
    let refused = |error| Problem::Refused(Box::new(error));
    carry_out(core, peer.id(), rights, message).map_err(refused)
}

/// `_expect ID PORT TIMEOUT INIT ARGS…`, of node `from`.
///
/// # Errors
/// It is not expected; if there is a port to be told, it has been.
fn expect(
    core: &Arc<Core>,
    from: &NodeId,
    rights: &Rights,
    message: &Message,
) -> Result<(), ExpectError> {
    let malformed = |error: &dyn std::fmt::Display| ExpectError::Malformed(error.to_string());
    let (id, port, seconds, name): (String, PortId, f64, String) =
        message.args().map_err(|error| malformed(&error))?;
    if port.node() != from || port.is_node() {
        return Err(ExpectError::ForeignPort { port });
    }
    if id.len() > LONGEST_NAME || port.port().len() > LONGEST_NAME {
        return Err(malformed(&"an ID or a port name of more than 256 bytes"));
    }
    let bytes = message.weight();
    if bytes > 2 * MAX_ARGS {
        let error = ExpectError::LongArguments { bytes };
        core.kil(&port, reason(&error.to_string()));
        return Err(error);
    }
    let mut values = message.values().map_err(|error| malformed(&error))?;
    let args = Message::from_values(values.split_off(4));
    let wish = Wish { id, port: port.clone(), seconds, name, args };
    let expected = wish.check(core, from, rights);
    if let Err(error) = &expected {
        core.kil(&port, reason(&error.to_string()));
    }
    expected
}

/// A data connection that another node wants.
struct Wish {
    id: String,
    port: PortId,
    seconds: f64,
    name: String,
    /// The name and the arguments after it.
    args: Message,
}

impl Wish {
    fn check(self, core: &Arc<Core>, from: &NodeId, rights: &Rights) -> Result<(), ExpectError> {
        let Self { id, port, seconds, name, args } = self;
        if !rights.may_open_data() {
            return Err(ExpectError::Denied { right: "data" });
        }
        if !rights.may_run(&name) {
            return Err(ExpectError::Denied { right: "functions" });
        }
        if seconds.is_nan() || seconds < 0.0 {
            return Err(ExpectError::Malformed(format!("{seconds} is no number of seconds")));
        }
        let time = LONGEST.min(Duration::from_secs_f64(seconds.min(LONGEST.as_secs_f64())));
        let bytes = args.weight();
        if bytes > MAX_ARGS {
            return Err(ExpectError::LongArguments { bytes });
        }
        let Some(function) = core.network().data().functions.find(&name) else {
            return Err(ExpectError::NoFunction { node: core.id().clone(), name });
        };
        let prepared = on_node(core, || function(&args)).map_err(ExpectError::Malformed)?;
        let Ok(Admitted { permit, .. }) =
            core.network().data().admissions.try_admit(Some(from.clone()))
        else {
            let limit = core.config().node_limits.max_data_connections;
            return Err(ExpectError::TooMany { limit });
        };
        let (timer, ended) = oneshot::channel();
        let wanted =
            Wanted { port: port.clone(), permit, dialled: false, monitor: None, _timer: timer };
        let expectation = Expectation {
            node: from.clone(),
            then: Box::new(move |core, conn| functions::run(core, name, prepared, conn)),
            wanted: Some(wanted),
        };
        core.network()
            .data()
            .expectations
            .add(&id, expectation)
            .map_err(|_| ExpectError::IdTaken)?;
        start_timer(core, &id, from, time, ended);
        watch(core, &id, from, &port);
        Ok(())
    }
}

/// Ends the expectation when its time is over.
fn start_timer(
    core: &Arc<Core>,
    id: &str,
    node: &NodeId,
    time: Duration,
    ended: oneshot::Receiver<()>,
) {
    let (own, id, node) = (core.clone(), id.to_owned(), node.clone());
    core.run(async move {
        tokio::select! {
            _ = ended => {}
            () = sleep(time) => {
                let text = format!("no data connection came to node {} within {time:?}", own.id());
                fail(&own, &id, &node, &text);
            }
        }
    });
}

/// Ends the expectation when nobody waits for it any more: the port is dead, or its node down.
fn watch(core: &Arc<Core>, id: &str, node: &NodeId, port: &PortId) {
    let (weak, name, owner) = (Arc::downgrade(core), id.to_owned(), node.clone());
    let action = Action::Call(Box::new(move |_| {
        if let Some(core) = weak.upgrade() {
            drop(core.network().data().expectations.take(&name, &owner));
        }
    }));
    let monitor = core.mon(port, None, action).guard();
    // If it is gone already, the monitor is dropped here.
    drop(core.network().data().expectations.set_monitor(id, monitor));
}

/// `_connect ID NODE`, of node `from`: dials the listeners that are known of it, and no other
/// address.
///
/// # Errors
/// The request makes no sense, or is not allowed.
fn dial(
    core: &Arc<Core>,
    from: &NodeId,
    rights: &Rights,
    message: &Message,
) -> Result<(), ExpectError> {
    let (id, node): (String, String) =
        message.args().map_err(|error| ExpectError::Malformed(error.to_string()))?;
    if !rights.may_open_data() {
        return Err(ExpectError::Denied { right: "data" });
    }
    if from != node.as_str() {
        return Err(ExpectError::OtherNode { node });
    }
    if !core.network().data().expectations.begin_dial(&id, from) {
        return Err(ExpectError::NotWanted);
    }
    let (own, node) = (core.clone(), from.clone());
    core.run(async move {
        if let Err(text) = dial_back(&own, &id, &node).await {
            fail(&own, &id, &node, &text);
        }
    });
    Ok(())
}

/// Tries the addresses of the node, one after the other, as long as it wants the connection.
async fn dial_back(core: &Arc<Core>, id: &str, node: &NodeId) -> Result<(), String> {
    let mut problem = format!("node {} knows no listeners of node {node}", core.id());
    for address in core.addresses(node) {
        if !core.network().data().expectations.has(id, node) {
            return Ok(());
        }
        if core.network().book().is_hearsay(node, &address)
            && core.network().targets().begin(&address, Instant::now()).is_err()
        {
            problem = format!("node {}: {address} was dialled a moment ago, in vain", core.id());
            continue;
        }
        match timeout(DIAL_LIMIT, dialling::dial(core, &address, node, id)).await {
            Ok(Ok(established)) => {
                core.network().book().found(node, &address);
                return hand_over(core, id, established).map_err(|error| error.to_string());
            }
            Ok(Err(error)) => problem = format!("node {}: {error}", core.id()),
            Err(_) => problem = format!("node {}: no answer from {address}", core.id()),
        }
    }
    Err(problem)
}

/// The request that another node is to expect a connection.
pub(super) fn expect_request(
    id: &str,
    port: &PortId,
    time: Duration,
    name: &str,
    args: Vec<Value>,
) -> Vec<Value> {
    let head = [
        Value::from(EXPECT),
        Value::from(id),
        Value::from(port.to_string()),
        Value::Float(time.as_secs_f64()),
        Value::from(name),
    ];
    head.into_iter().chain(args).collect()
}
