//! Waiting until other nodes know of a registration, and of its end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::sim;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_registration_and_its_end_can_be_awaited() {
    sim::run(1, |network| async move {
        network.latency_everywhere(SECOND / 2..=SECOND);
        let boot = async |host: &str| {
            let config = network.config(host).seed("mem:alpha").monitor_timeout(20 * SECOND);
            Node::configure(config).await.unwrap()
        };
        let (alpha, beta, gamma) = (boot("alpha").await, boot("beta").await, boot("gamma").await);
        crate::support::until("all are connected", || beta.up_nodes().len() == 2).await;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hearing = heard.clone();
        let port = beta.port_fn(move |_, msg: Message| {
            hearing.lock().unwrap().push(msg.tag().to_owned());
        });
        let members = |node: &Node| node.grp_get("readers");

        let token = beta.grp_reg("readers", &port).unwrap();
        assert!(members(&alpha).is_empty());
        token.announced(9 * SECOND).await.unwrap();
        assert_eq!((members(&alpha), members(&gamma)), (vec![port.id()], vec![port.id()]));

        let leaving = token.leave(9 * SECOND);
        assert!(members(&beta).is_empty(), "it has left when this is called");
        assert_eq!(alpha.grp_snd_all("readers", ("still",)), 1);
        leaving.await.unwrap();
        assert!(members(&alpha).is_empty() && members(&gamma).is_empty());
        port.stop(SECOND).await;
        assert_eq!(*heard.lock().unwrap(), ["still"], "what was sent before has come");

        // One that does not confirm is named; one that is down sees nothing.
        network.partition("beta", "gamma");
        let token = beta.grp_reg("readers", &beta).unwrap();
        let error = token.announced(9 * SECOND).await.unwrap_err();
        assert_eq!(error.node(), gamma.id());
        let text =
            r#"group "readers": node gamma has not confirmed within 9s what it was told of it"#;
        assert_eq!(error.to_string(), text);
        token.leave(99 * SECOND).await.unwrap();
    });
}

#[tokio::test]
async fn without_other_nodes_nobody_is_waited_for() {
    let node = Node::local();
    let token = node.grp_reg("readers", &node).unwrap();
    token.announced(Duration::ZERO).await.unwrap();
    token.leave(Duration::ZERO).await.unwrap();
    node.shutdown(Duration::ZERO).await;
    token.announced(Duration::ZERO).await.unwrap();
}
