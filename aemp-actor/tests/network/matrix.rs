//! Mesh and delivery over every kind of connection: however it is made, protected and written, it
//! keeps the same promises.

use std::time::Duration;

use crate::support::{PATIENCE, SECRET, Sink, death, sink, soon, until};
use aemp_actor::prelude::*;
use aemp_actor::{Certificates, Framing, Require, generate_certificate};

/// One kind of connection, and how it shows itself.
struct Way {
    bind: &'static str,
    settings: Box<dyn Fn(Config) -> Config>,
    transport: &'static str,
    framing: &'static str,
    /// What the protection says, if there is any.
    encryption: Option<&'static str>,
}

impl Way {
    /// As nodes of ours talk when nobody says anything else.
    fn usual() -> Self {
        Self {
            bind: "127.0.0.1:0",
            settings: Box::new(|config| config),
            transport: "tcp",
            framing: "bincode",
            encryption: Some("stls"),
        }
    }

    fn config(&self, id: &str) -> Config {
        let config = Config::new().nodeid(id).secret(SECRET).bind(self.bind);
        (self.settings)(config.connect_interval(Duration::from_millis(100)))
    }

    async fn node(&self, id: &str, seed: Option<&str>) -> Node {
        let config = self.config(id);
        let config = match seed {
            Some(seed) => config.seed(seed),
            None => config,
        };
        Node::configure(config).await.unwrap()
    }

    /// Asserts that the connection from `here` is of this kind.
    fn is_that_of(&self, here: &Node, there: &str) {
        let connection = here.peer(there).and_then(|peer| peer.connection).expect("connected");
        assert_eq!(connection.transport, self.transport);
        assert_eq!((&*connection.reads, &*connection.writes), (self.framing, self.framing));
        match (self.encryption, &connection.encryption) {
            (None, None) => {}
            (Some(word), Some(text)) if text.contains(word) => {}
            (expected, found) => panic!("{found:?} is not {expected:?}"),
        }
    }
}

/// Echoes what it is sent, and counts.
#[derive(Port, Default)]
struct Echo {
    count: u64,
}

#[rcv]
impl Echo {
    fn echo(&mut self, ctx: &mut Ctx<Self>, to: PortId, number: u64, text: String) {
        self.count += 1;
        ctx.snd(&to, ("back", number, text.len()));
    }

    fn count(&self) -> u64 {
        self.count
    }
}

#[init("Matrix::echo")]
fn echo() -> Echo {
    Echo::default()
}

async fn is_promised_over(way: Way) {
    let alpha = way.node("alpha", None).await;
    let seed = alpha.listeners().remove(0);
    let beta = way.node("beta", Some(&seed)).await;
    let gamma = way.node("gamma", Some(&seed)).await;
    for (here, there) in [(&alpha, &beta), (&beta, &gamma), (&gamma, &alpha)] {
        soon("the full mesh", here.wait_up(there)).await;
        soon("the full mesh", there.wait_up(here)).await;
        way.is_that_of(here, there.id().as_str());
        way.is_that_of(there, here.id().as_str());
    }
    for (here, there) in [(&alpha, &gamma), (&gamma, &beta)] {
        delivers(here, there).await;
    }
    gamma_comes_back(&way, [&alpha, &beta], gamma, &seed).await;
}

/// Order, large and small, spawning by name, requests, and the end of a port.
async fn delivers(here: &Node, there: &Node) {
    let mut replies = sink(here);
    let echo = here.spawn(there, "Matrix::echo", ());
    let died = death(here, &echo);
    for number in 0..200_u64 {
        let text = if number % 50 == 7 { "x".repeat(200_000) } else { "y".repeat(9) };
        here.snd(&echo, ("echo", &replies.id, number, text));
    }
    for number in 0..200 {
        let bytes = if number % 50 == 7 { 200_000 } else { 9 };
        assert_eq!(replies.next().await, format!(r#"["back",{number},{bytes}]"#));
    }
    let count: (u64,) = soon("the answer", here.cal(&echo, ("count",))).await.unwrap();
    assert_eq!(count, (200,));
    here.snd(&echo, ("echo", &replies.id, 1000, "last words"));
    here.kil(&echo, ("enough", "of that"));
    assert_eq!(replies.next().await, r#"["back",1000,10]"#, "sent before it was killed");
    assert_eq!(died.reason().await.kind(), "enough");
}

/// Groups and monitors when a node goes down and comes back under its name.
async fn gamma_comes_back(way: &Way, others: [&Node; 2], gamma: Node, seed: &str) {
    let member = sink(&gamma);
    let _token = gamma.grp_reg("rooms", &member.id).unwrap();
    let mut deaths = Vec::new();
    for node in others {
        until("the member", || node.grp_get("rooms") == [member.id.clone()]).await;
        deaths.push(death(node, &member.id));
    }
    gamma.shutdown(PATIENCE).await;
    for (node, death) in others.into_iter().zip(deaths) {
        let kind = death.reason().await.kind().to_owned();
        assert!(["shutdown", "transport_error"].contains(&kind.as_str()), "{kind}");
        until("its groups to go", || node.grp_get("rooms").is_empty()).await;
    }

    let gamma = way.node("gamma", Some(seed)).await;
    for node in others {
        soon("the node that came back", node.wait_up("gamma")).await;
        soon("the node that came back", gamma.wait_up(node)).await;
        let mut port: Sink = sink(&gamma);
        node.snd(&port.id, ("welcome", "back"));
        assert_eq!(port.next().await, r#"["welcome","back"]"#);
    }
}

#[tokio::test]
async fn tcp_encrypted_by_the_secret_and_bincode() {
    is_promised_over(Way::usual()).await;
}

#[tokio::test]
async fn tcp_with_certificates() {
    let pem = generate_certificate("matrix").unwrap();
    let settings = move |config: Config| {
        let certificates = Certificates::from_pem(&pem).unwrap();
        config.certificates(certificates).require(Require::Certificate)
    };
    let encryption = Some("TLS 1.3, certificate");
    is_promised_over(Way { settings: Box::new(settings), encryption, ..Way::usual() }).await;
}

#[tokio::test]
async fn plain_tcp() {
    let settings = |config: Config| config.stls(false).require(Require::None);
    let encryption = None;
    is_promised_over(Way { settings: Box::new(settings), encryption, ..Way::usual() }).await;
}

#[tokio::test]
async fn quic() {
    let settings = |config: Config| config.quic();
    let (bind, transport) = ("quic:127.0.0.1:0", "quic");
    let encryption = Some("TLS 1.3");
    let settings = Box::new(settings);
    is_promised_over(Way { bind, settings, transport, encryption, ..Way::usual() }).await;
}

#[tokio::test]
async fn json() {
    let settings = Box::new(|config: Config| config.framings([Framing::Json]));
    is_promised_over(Way { settings, framing: "json", ..Way::usual() }).await;
}

#[tokio::test]
async fn cbor() {
    let settings = Box::new(|config: Config| config.framings([Framing::Cbor]));
    is_promised_over(Way { settings, framing: "cbor", ..Way::usual() }).await;
}
