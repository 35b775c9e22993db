//! `bench`: with what every AEMP node understands, so that Perl nodes can be measured,
//! too.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::mpsc;

use crate::ask::{death_of, settled};
use crate::peers::milliseconds;
use crate::{Failure, NetworkConnection};
use aemp_actor::{NodeId, PortId};

/// Round trips that are measured one after the other.
const TRIPS: usize = 200;

/// Echoes that are under way at the same time.
const WINDOW: u64 = 500;

/// Bytes of them, unless one alone has more: far fewer than may wait in a queue.
const BYTES: u64 = 4 << 20;

/// What was measured.
struct Trips {
    least: Duration,
    median: Duration,
    p99: Duration,
}

pub(crate) async fn bench(
    connection: &NetworkConnection,
    node: &str,
    messages: u64,
    size: u64,
) -> Result<(), Failure> {
    let node = connection.node_id(node)?;
    let trips = trips(connection, &node).await?;
    let took = echoes(connection, &node, messages, size).await?;
    let rate = messages as f64 / took.as_secs_f64();
    let bytes = rate * size as f64;
    let output = connection.output();
    if output.json {
        output.json(&json!({
            "node": node.as_str(),
            "round_trip": {
                "least": trips.least.as_secs_f64(),
                "median": trips.median.as_secs_f64(),
                "p99": trips.p99.as_secs_f64(),
            },
            "messages": messages,
            "size": size,
            "seconds": took.as_secs_f64(),
            "messages_per_second": rate,
            "bytes_per_second": bytes,
        }));
        return Ok(());
    }
    output.line(&format!(
        "round trip   {} least, {} median, {} at 99 %",
        milliseconds(trips.least),
        milliseconds(trips.median),
        milliseconds(trips.p99)
    ));
    output.line(&format!(
        "throughput   {rate:.0} messages/s, {:.1} MB/s, there and back ({messages} of {size} bytes)",
        bytes / 1e6
    ));
    Ok(())
}

async fn trips(connection: &NetworkConnection, node: &NodeId) -> Result<Trips, Failure> {
    // The first makes the connection.
    settled(connection, node).await?;
    let mut times = Vec::with_capacity(TRIPS);
    for _ in 0..TRIPS {
        let trip = connection.node.ping(node, connection.left()).await;
        times.push(trip.map_err(|error| Failure::Timeout(error.to_string()))?);
    }
    times.sort();
    Ok(Trips { least: times[0], median: times[TRIPS / 2], p99: times[TRIPS * 99 / 100] })
}

/// Has the node send all of them back.
async fn echoes(
    connection: &NetworkConnection,
    node: &NodeId,
    messages: u64,
    size: u64,
) -> Result<Duration, Failure> {
    // More than are under way cannot come back, unless the node makes them up.
    let (sender, mut back) = mpsc::channel(WINDOW as usize);
    let port = connection.node.port_fn(move |_, _| {
        let _ = sender.try_send(());
    });
    let window = (BYTES / size.max(1)).clamp(1, WINDOW);
    let payload = "x".repeat(usize::try_from(size).unwrap_or(0));
    let (own, to) = (port.id().to_string(), PortId::of_node(node));
    let death = death_of(connection, &to);
    let begun = Instant::now();
    let all = async {
        let (mut sent, mut received) = (0, 0);
        while received < messages {
            while sent < messages && sent - received < window {
                connection.node.snd(&to, ("snd", &own, &payload));
                sent += 1;
            }
            if back.recv().await.is_none() {
                return;
            }
            received += 1;
        }
    };
    let limit = connection.options.timeout();
    let outcome = tokio::select! {
        () = all => Ok(begun.elapsed()),
        reason = death => Err(Failure::died(&to, &reason)),
        () = tokio::time::sleep(connection.left()) => {
            Err(Failure::Timeout(format!("node {node} did not echo all messages within {limit:?}")))
        }
    };
    connection.node.kil(&port, ());
    outcome
}
