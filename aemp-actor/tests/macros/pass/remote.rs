//! A typed handle on a port of another node is used as one on this node; init functions spawn there.

use aemp_actor::Memory;
use aemp_actor::prelude::*;

#[derive(Port)]
struct Session {
    nick: String,
    lines: Vec<String>,
}

#[rcv]
impl Session {
    fn say(&mut self, text: String) {
        self.lines.push(format!("{}: {text}", self.nick));
    }

    fn lines(&self) -> Vec<String> {
        self.lines.clone()
    }

    fn echo(&self, number: u8, rest: Rest) -> (u8, usize) {
        (number, rest.len())
    }

    fn pair(&mut self, other: SessionRef) -> bool {
        self.lines.push(other.to_string());
        true
    }
}

/// Opens a session.
#[init("Remote::session")]
fn session(nick: String) -> Session {
    Session { nick, lines: Vec::new() }
}

#[init("Remote::refused")]
async fn refused(ctx: &mut Init, client: PortId, rest: Rest) -> Result<Session, Die> {
    ctx.snd(client, ("refused", rest.len()));
    Err(die!("not today"))
}

#[init("Remote::echo")]
fn echo(ctx: &mut Init, word: String) {
    ctx.rcv("hello", move |ctx, (reply,): (PortId,)| {
        ctx.snd(reply, (format!("hello {word}"),));
    });
}

#[init("Remote::never")]
fn never() -> Result<(), Die> {
    Err(die!("never"))
}

fn config(id: &str, network: &Memory) -> Config {
    Config::new().nodeid(id).secret("secret").transport(network.clone()).bind(format!("mem:{id}"))
}

/// Why a port died.
async fn death(node: &Node, port: impl Into<PortId>) -> String {
    let (tell, told) = tokio::sync::oneshot::channel();
    node.mon(port, move |reason: Reason| drop(tell.send(reason)));
    told.await.unwrap().to_string()
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let network = Memory::new();
    let near = Node::configure(config("near", &network)).await.unwrap();
    let far = Node::configure(config("far", &network).seed("mem:near")).await.unwrap();
    far.wait_up("near").await;

    let remote = session.on(&near, "far", ("joe".into(),));
    remote.say("hi");
    remote.say("there");
    assert_eq!(remote.lines().await.unwrap(), ["joe: hi", "joe: there"]);
    let rest = Rest(vec!["a".into(), "b".into()]);
    assert_eq!(remote.echo(7, rest).await.unwrap(), (7, 2));

    let untyped = near.spawn("far", session.name(), ("ann",));
    let ann = SessionRef::at(&near, &untyped);
    assert!(ann.pair(remote.clone()).await.unwrap());
    assert_eq!(ann.lines().await.unwrap(), [remote.to_string()]);
    assert_ne!(ann, remote);

    let client = near.port_fn(|_, _| {});
    let dead = refused.on(&near, "far", (PortId::from(&client),));
    assert!(death(&near, &dead).await.contains("not today"));

    let hello = echo.on(&near, "far", ("world".into(),));
    let (text,): (String,) = near.cal(&hello, ("hello",)).await.unwrap();
    assert_eq!(text, "hello world");
    let failed_spawns = never.on(&near, "far", ());
    assert!(death(&near, &failed_spawns).await.contains("never"));

    let wrong = near.spawn("far", session.name(), ());
    let reason = death(&near, wrong).await;
    assert!(reason.contains("nick"), "{reason}");
}
