//! A port that dies with a reason while nobody watches it leaves a warning in the log; other ends
//! do not.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{FnPortRef, PortRef};
use tokio::sync::oneshot;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

/// What was logged in this test's thread.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// Catches what is logged until the guard is dropped.
    fn catch() -> (Self, DefaultGuard) {
        let lines = Self::default();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(lines.clone());
        let guard = tracing::subscriber::set_default(subscriber.finish());
        (lines, guard)
    }

    /// The lines that speak of the port.
    fn about(&self, port: &FnPortRef) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains(&port.to_string())).map(str::to_owned).collect()
    }

    fn all(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn port(node: &Node) -> FnPortRef {
    node.port_fn(|_, msg| match msg.tag() {
        "panic" => panic!("what a panic"),
        tag => Err(die!("no {tag}")),
    })
}

/// Waits until the port is gone, without watching it.
async fn gone(node: &Node) {
    let gone = async {
        while node.port_count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), gone).await.expect("the port dies");
    // It leaves the registry before it is logged.
    tokio::task::yield_now().await;
}

#[tokio::test]
async fn an_unwatched_end_with_a_reason_is_logged() {
    let (lines, _guard) = Lines::catch();
    let node = Node::local();
    for (tag, text) in [("thing", "die: no thing"), ("panic", "die: panicked: what a panic")] {
        let port = port(&node);
        port.snd((tag,));
        gone(&node).await;
        let lines = lines.about(&port);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("WARN aemp") && lines[0].contains(text), "{}", lines[0]);
    }
    let port = port(&node);
    port.kil(("own", "reason"));
    gone(&node).await;
    assert!(lines.about(&port)[0].contains("own: reason"));
}

#[tokio::test]
async fn a_watched_end_is_not() {
    let (lines, _guard) = Lines::catch();
    let node = Node::local();
    let watched = port(&node);
    let (tell, told) = oneshot::channel();
    node.mon(&watched, move |_: Reason| tell.send(()).unwrap_or(()));
    watched.snd(("thing",));
    told.await.unwrap();
    gone(&node).await;
    assert_eq!(lines.about(&watched), [""; 0]);

    let linked = port(&node);
    let other = node.port_fn(|_, _| {});
    node.mon(&linked, Kil(&other));
    let (tell, told) = oneshot::channel();
    node.mon(&other, move |_: Reason| tell.send(()).unwrap_or(()));
    linked.snd(("thing",));
    told.await.unwrap();
    gone(&node).await;
    assert_eq!(lines.about(&linked), [""; 0]);
}

/// Fails, in each of the ways that leave a caller without an answer.
#[derive(Port)]
struct Failing;

#[rcv]
impl Failing {
    fn fail(&self) -> Result<u32, Die> {
        Err(die!("no answer"))
    }

    async fn fail_later(&self) -> Result<u32, Die> {
        tokio::task::yield_now().await;
        Err(die!("no answer"))
    }

    fn panic(&self) -> u32 {
        panic!("no answer")
    }

    async fn wait(&self) -> u32 {
        std::future::pending().await
    }

    fn tell(&self) -> Result<(), Die> {
        Err(die!("no answer"))
    }
}

#[tokio::test]
async fn an_end_that_a_caller_is_told_of_is_not() {
    let (lines, _guard) = Lines::catch();
    let node = Node::local();
    let calls: [fn(&FailingRef) -> Call<u32>; 5] = [
        FailingRef::fail,
        FailingRef::fail_later,
        FailingRef::panic,
        |port| {
            let call = port.wait();
            port.kil_now("no answer");
            call
        },
        // The request is behind what kills the port.
        |port| {
            port.tell();
            port.fail()
        },
    ];
    for call in calls {
        let port = node.port(Failing);
        let error = call(&port).await.unwrap_err();
        assert!(error.to_string().contains("no answer"), "{error}");
        gone(&node).await;
        assert_eq!(lines.all(), "");
    }
}

#[tokio::test]
async fn a_caller_who_is_gone_or_was_told_of_another_end_is_none() {
    let (lines, _guard) = Lines::catch();
    let node = Node::local();
    let given_up = node.port(Failing);
    drop(given_up.fail());
    gone(&node).await;
    assert!(lines.all().contains(&format!("{given_up} died unwatched: die: no answer")));

    // It waits for the answer of a dead port, and dies itself.
    let dead = node.port(Failing);
    dead.kil(());
    gone(&node).await;
    let asking = node.port_fn(move |_, _| {
        let call = dead.fail();
        drop(call);
        let (_kept, result) = (dead.fail(), Err(die!("own")));
        result
    });
    asking.snd(("go",));
    gone(&node).await;
    assert_eq!(lines.about(&asking).len(), 1);
}

#[tokio::test]
async fn a_cancelled_watch_is_none() {
    let (lines, _guard) = Lines::catch();
    let node = Node::local();
    let port = port(&node);
    node.mon(&port, |_: Reason| {}).cancel();
    port.snd(("thing",));
    gone(&node).await;
    assert_eq!(lines.about(&port).len(), 1);
}

#[tokio::test]
async fn a_normal_end_and_a_shutdown_are_not() {
    let (lines, _guard) = Lines::catch();
    let node = Node::local();
    let one = port(&node);
    one.kil(());
    gone(&node).await;
    let two = port(&node);
    node.shutdown(Duration::ZERO).await;
    gone(&node).await;
    assert_eq!(lines.about(&one), [""; 0]);
    assert_eq!(lines.about(&two), [""; 0]);
}

#[tokio::test]
async fn a_panic_of_a_monitor_outside_ports_is_logged_and_no_more() {
    let (lines, _guard) = Lines::catch();
    let node = Node::local();
    let port = port(&node);
    let (tell, told) = oneshot::channel();
    node.mon(&port, |_: Reason| panic!("this monitor panics"));
    node.mon(&port, move |reason: Reason| tell.send(reason).unwrap_or(()));
    port.kil(("own", "reason"));
    assert_eq!(told.await.unwrap().kind(), "own", "the next one is told all the same");
    let text = lines.all();
    assert!(text.contains("ERROR aemp") && text.contains("this monitor panics"), "{text}");
}

#[tokio::test]
async fn a_panic_of_a_destructor_is_logged_and_no_more() {
    struct Fragile;
    impl Drop for Fragile {
        fn drop(&mut self) {
            panic!("this destructor panics");
        }
    }
    let (lines, _guard) = Lines::catch();
    let node = Node::local();
    let fragile = Fragile;
    let port = node.port_fn(move |_, _| {
        let _ = &fragile;
    });
    let (tell, told) = oneshot::channel();
    node.mon(&port, move |reason: Reason| tell.send(reason).unwrap_or(()));
    port.kil(("own", "reason"));
    assert_eq!(told.await.unwrap().to_string(), "own: reason", "the reason stays");
    gone(&node).await;
    let text = lines.all();
    assert!(text.contains("ERROR aemp") && text.contains("this destructor panics"), "{text}");
}
