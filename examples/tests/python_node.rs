//! The node in Python that the guide shows: `examples/node.py`.

use std::process::{Child, Command};
use std::time::Duration;

use aemp_actor::generate_secret;
use aemp_actor::prelude::*;

/// How long anything may take, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program in a folder of its own with a secret; both are gone at the end.
struct Running {
    child: Child,
    folder: std::path::PathBuf,
}

impl Running {
    fn start(address: &str, secret: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("aemp-python-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("secret"), format!("{secret}\n")).unwrap();
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/node.py");
        let mut command = Command::new("python3");
        let child = command.arg(program).arg(address).current_dir(&folder).spawn();
        Self { child: child.expect("this test needs python3"), folder }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop((self.child.kill(), self.child.wait()));
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it happens soon")
}

#[tokio::test]
async fn it_is_a_node_like_any_other() {
    let secret = generate_secret();
    let config = Config::new().nodeid("rust").secret(secret.as_str()).bind("127.0.0.1:0");
    let node = Node::configure(config).await.unwrap();
    let mut python = Running::start(&node.listeners()[0], &secret);

    let adder = soon(node.grp_wait("adders")).await.remove(0);
    assert_eq!(adder.node(), "python");
    let (sum,): (f64,) = soon(node.cal(&adder, ("add", 2, "3"))).await.unwrap();
    assert_eq!(sum, 5.0);

    let monitored = |port: PortId| {
        let (tell, reason) = tokio::sync::oneshot::channel();
        node.mon(port, move |reason: Reason| drop(tell.send(reason)));
        async move { soon(reason).await.unwrap() }
    };
    assert_eq!(monitored("python#none".parse().unwrap()).await.kind(), "no_such_port");
    let spawned = node.spawn("python", "No::such", ());
    let reason = monitored(spawned).await;
    assert!(["die", "no_such_port"].contains(&reason.kind()), "{reason}");
    let end = monitored(adder.clone());
    node.kil(&adder, ("enough", "thank you"));
    assert_eq!(end.await.to_string(), "enough: thank you");

    let end = monitored("python".parse().unwrap());
    python.kill();
    assert_eq!(end.await.kind(), "transport_error");
}

#[test]
fn the_guide_shows_this_program() {
    let chapter = include_str!("../../book/src/wire-protocol.md");
    assert!(chapter.contains(include_str!("../node.py")), "the chapter shows examples/node.py");
}
