//! What is asked of a node while the monitors of its lost connection are firing.

use std::time::Duration;

use aemp_actor::Memory;
use aemp_actor::prelude::*;

fn config(id: &str, network: &Memory) -> Config {
    Config::new()
        .nodeid(id)
        .secret(crate::support::SECRET)
        .transport(network.clone())
        .bind(format!("mem:{id}"))
}

/// A request made right after a monitor fired is either answered by the node that came back, or
/// told of the loss: it never waits for its deadline (guarantees 2 and 3).
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_while_the_connection_falls_is_never_lost_in_silence() {
    for _ in 0..20 {
        let network = Memory::new();
        let settings = config("a", &network).node("b", "mem:b");
        let a =
            Node::configure(settings.connect_interval(Duration::from_millis(20))).await.unwrap();
        let b = Node::configure(config("b", &network)).await.unwrap();
        let _: (f64,) = a.cal("b", ("time",)).await.unwrap();
        let (tell, told) = tokio::sync::oneshot::channel();
        a.mon("b", move |_| tell.send(()).unwrap_or_default());
        // A callback that holds the fall up until the request was made.
        let (go, gone) = std::sync::mpsc::channel::<()>();
        let gone = std::sync::Mutex::new(gone);
        let token = a.mon_nodes(move |event| {
            if !event.is_up() {
                let _ = gone.lock().unwrap().recv();
            }
        });
        b.shutdown(Duration::from_secs(1)).await;
        told.await.unwrap();
        let call = a.cal::<(f64,)>("b", ("time",)).timeout(Duration::from_secs(60));
        go.send(()).unwrap();
        token.cancel();
        drop(b);
        let _b = loop {
            match Node::configure(config("b", &network)).await {
                Ok(node) => break node,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        let answer = call.await;
        assert!(
            !matches!(answer, Err(CallError::Timeout { .. })),
            "neither answered nor told: {answer:?}"
        );
    }
}
