//! What several tests need. Not every test needs all of it.
#![allow(dead_code, unused_imports)]

mod far;
pub(crate) mod log;
mod nodes;
mod ports;
mod raw_peer;
#[path = "../../../aemp-transport/tests/support/udp_proxy.rs"]
mod udp_proxy;

use std::future::Future;
use std::time::Duration;

pub(crate) use self::far::Far;
pub(crate) use self::nodes::{Bystander, Net, config, for_each_pair, pair, tcp_node};
pub(crate) use self::ports::{Death, Sink, death, sink};
pub(crate) use self::raw_peer::{RawListener, RawPeer};
pub(crate) use self::udp_proxy::UdpProxy;

/// How long anything may take on a very busy machine. Nothing waits that long unless it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The secret of all nodes, and as a script writes it: that of the conversations and hashes that were recorded from
/// the Perl implementation, which tests replay.
pub(crate) const SECRET: &str = "geheim";
pub(crate) const HEX_SECRET: &str = "67656865696d";

/// The result of `future`, which has to come.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(result) => result,
        Err(_) => panic!("waited in vain for {what}"),
    }
}

/// Turns of the scheduler until `done`; for what nobody announces.
pub(crate) async fn until(what: &str, mut done: impl FnMut() -> bool) {
    soon(what, async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

/// The same for what has to be asked.
pub(crate) async fn eventually(what: &str, mut done: impl AsyncFnMut() -> bool) {
    soon(what, async {
        while !done().await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}
