//! Every message as a log line, and that this does not feed itself.

use crate::support::{death, log, sink, soon, tcp_node};
use aemp_actor::log::MESSAGES;
use aemp_actor::prelude::*;
use tokio::sync::mpsc;

#[tokio::test]
async fn messages_are_shown_and_showing_them_shows_no_more() {
    let _log = log::start_here(tracing::Level::TRACE);
    let alpha = tcp_node("alpha").await;
    let beta =
        Node::configure(crate::support::config("beta").seed(&alpha.listeners()[0])).await.unwrap();
    let port = sink(&alpha).id;
    beta.snd(&port, ("hello", 7, "\u{1b}[2J"));
    let shown = r#"["hello",7,"\u001b[2J"]"#;
    log::expect(&["TRACE", MESSAGES, &format!("sent to {port}: {shown}")]).await;
    log::expect(&[MESSAGES, &format!("received from beta for #{}: {shown}", port.port())]).await;
    alpha.snd(&port, ("at home",));
    log::expect(&[MESSAGES, &format!("sent to {port}, here: [\"at home\"]")]).await;
    let death = death(&beta, &port);
    log::expect(&[MESSAGES, &format!("sent to alpha#: [\"mon1\",\"{}\"]", port.port())]).await;
    beta.kil(&port, ("enough", "of it"));
    death.reason().await;
    log::expect(&[MESSAGES, "sent to beta#: [\"kil0\",", "\"enough\",\"of it\"]"]).await;

    let (sender, mut lines) = mpsc::unbounded_channel();
    let _catching = beta.catch_logs(9, move |line| drop(sender.send(line.clone())));
    beta.cal::<(f64,)>(&alpha, ("time",)).await.unwrap();
    tracing::trace!(target: "mine", "the last");
    loop {
        let line = soon("a line", lines.recv()).await.unwrap();
        assert!(!line.text.contains(MESSAGES), "{line:?}");
        if line.text.contains("the last") {
            return;
        }
    }
}
