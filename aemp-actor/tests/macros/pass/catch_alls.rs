//! What no handler answers goes to the default handler, what none understands to that for bad
//! messages; a strict port dies and the text says why.

use aemp_actor::BadMessage;
use aemp_actor::prelude::*;

#[derive(Port, Default)]
struct Tolerant {
    heard: Vec<String>,
}

#[rcv]
impl Tolerant {
    fn number(&mut self, number: u8) {
        self.heard.push(number.to_string());
    }

    #[rcv(default)]
    async fn other(&mut self, _ctx: &mut Ctx<Self>, msg: Message) -> Result<(), Die> {
        self.heard.push(format!("other {}", msg.tag()));
        Ok(())
    }

    #[rcv(bad_message)]
    fn bad(&mut self, ctx: &mut Ctx<Self>, bad: BadMessage) {
        let _ = ctx;
        self.heard.push(format!("bad {}", bad.message().tag()));
    }

    fn heard(&self) -> Vec<String> {
        self.heard.clone()
    }
}

#[derive(Port)]
struct Strict;

#[rcv(strict)]
impl Strict {
    fn number(&mut self, number: u8, name: String) {
        let _ = (number, name);
    }

    fn word(&mut self) {}

    #[rcv(local)]
    fn here(&mut self, place: std::sync::mpsc::Sender<u8>) {
        drop(place);
    }
}

/// Why a strict port died of `msg`.
async fn death(node: &Node, msg: impl serde::Serialize) -> String {
    let strict = node.port(Strict);
    let (tell, told) = tokio::sync::oneshot::channel();
    node.mon(&strict, move |reason: Reason| drop(tell.send(reason)));
    node.snd(&strict, msg);
    let reason = told.await.unwrap();
    assert_eq!(reason.kind(), "die");
    reason.to_string()
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let node = Node::local();
    let tolerant = node.port(Tolerant::default());
    node.snd(&tolerant, ("number", 1));
    node.snd(&tolerant, ("number", "one"));
    node.snd(&tolerant, ("unheard of", 1));
    tolerant.number(2);
    assert_eq!(tolerant.heard().await.unwrap(), ["1", "bad number", "other unheard of", "2"]);

    let unknown = death(&node, ("say", 1)).await;
    for part in ["say", "number", "word"] {
        assert!(unknown.contains(part), "{part} in {unknown}");
    }
    assert!(!unknown.contains("here"), "{unknown}");
    let missing = death(&node, ("number", 1)).await;
    assert!(missing.contains("name"), "{missing}");
    let wrong = death(&node, ("number", "one", "name")).await;
    assert!(wrong.contains("number"), "{wrong}");
    let local = death(&node, ("here", 1)).await;
    assert!(local.contains("same node"), "{local}");
}
