//! A node that has its peer prove itself before it says anything that only a member could.
#![cfg(feature = "tls")]

mod support;

use std::sync::Arc;

use aemp_transport::{
    Admission, Admit, BoxStream, EstablishError, Established, HandshakeConfig, Outcome,
    PeerGreeting, establish, establish_with,
};
use support::{LIMIT, tcp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What was asked of it, and what it says to a proof.
struct PeerFirst {
    says: bool,
    asked: Vec<Option<String>>,
}

impl PeerFirst {
    fn saying(says: bool) -> Self {
        Self { says, asked: Vec::new() }
    }
}

impl Admit for PeerFirst {
    fn greeted(&mut self, _: &PeerGreeting) -> Admission {
        Admission::PeerFirst
    }

    fn proved(&mut self, outcome: Option<&Outcome>) -> bool {
        self.asked.push(outcome.map(|outcome| outcome.peer.node_id.clone()));
        self.says
    }
}

type Ends = (Result<Established, EstablishError>, Result<Established, EstablishError>);

/// `alpha` has `beta`, with this secret, prove itself first.
async fn greet(admit: &mut PeerFirst, secret: &str, stls: bool) -> Ends {
    let (near, far) = tcp().await;
    let config = |id, secret| {
        let mut config = HandshakeConfig::new(id, secret);
        config.stls = stls;
        Arc::new(config)
    };
    tokio::join!(
        establish_with(near, config("alpha", "geheim"), LIMIT, admit),
        establish(far, config("beta", secret), LIMIT, |_| true),
    )
}

fn error(end: Result<Established, EstablishError>) -> String {
    end.expect_err("refused").to_string()
}

#[tokio::test]
async fn who_proves_itself_first_is_established() {
    for stls in [true, false] {
        let mut admit = PeerFirst::saying(true);
        let (alpha, beta) = greet(&mut admit, "geheim", stls).await;
        assert_eq!(alpha.expect("established").outcome.peer.node_id, "beta");
        assert_eq!(beta.expect("established").outcome.peer.node_id, "alpha");
        assert_eq!(admit.asked, [Some("beta".to_owned())]);
    }
}

#[tokio::test]
async fn who_is_not_wanted_after_its_proof_is_closed_without_a_word() {
    for stls in [true, false] {
        let mut admit = PeerFirst::saying(false);
        let (alpha, beta) = greet(&mut admit, "geheim", stls).await;
        assert_eq!(error(alpha), "a connection to node beta is not wanted");
        assert!(error(beta).contains("closed by the peer before its auth line"));
        assert_eq!(admit.asked, [Some("beta".to_owned())]);
    }
}

#[tokio::test]
async fn another_secret_is_named_on_both_sides_if_it_is_to_be_told() {
    for (stls, told) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut admit = PeerFirst::saying(told);
        let (alpha, beta) = greet(&mut admit, "another", stls).await;
        assert!(error(alpha).contains("wrong secret"));
        assert_eq!(error(beta).contains("wrong secret"), told);
        assert_eq!(admit.asked, [None]);
    }
}

/// Whatever somebody says who does not know the secret, the node gives its greeting, and no proof to
/// test guesses against.
#[tokio::test]
async fn a_stranger_hears_nothing_but_the_greeting() {
    async fn heard(attack: impl AsyncFnOnce(&mut BoxStream, &str)) -> String {
        let (near, mut far) = tcp().await;
        let mut admit = PeerFirst::saying(false);
        let mut config = HandshakeConfig::new("alpha", "geheim");
        config.stls = false;
        let stranger = async {
            let mut heard = String::new();
            let mut byte = [0];
            while heard.matches('\n').count() < 2 {
                far.read_exact(&mut byte).await.expect("the greeting");
                heard.push(char::from(byte[0]));
            }
            let greeting = heard.clone();
            attack(&mut far, &greeting).await;
            far.shutdown().await.expect("no more");
            far.read_to_string(&mut heard).await.expect("the rest");
            heard
        };
        let (_, heard) =
            tokio::join!(establish_with(near, Arc::new(config), LIMIT, &mut admit), stranger);
        heard
    }
    let greeting = "aemp;1;beta;hmac_sha3_512;json\nnonce\n";
    let only = heard(async |far, _| far.write_all(greeting.as_bytes()).await.expect("sent")).await;
    assert_eq!(only.lines().count(), 2, "{only}");
    let wrong = format!("{greeting}hmac_sha3_512;{};json\n", "0".repeat(128));
    let only = heard(async |far, _| far.write_all(wrong.as_bytes()).await.expect("sent")).await;
    assert_eq!(only.lines().count(), 2, "{only}");
    let only = heard(async |far, heard| {
        let reflected = format!("{}x\n", heard.trim_end_matches('\n').replace("alpha", "beta"));
        far.write_all(reflected.as_bytes()).await.expect("sent");
    })
    .await;
    assert_eq!(only.lines().count(), 2, "{only}");
}
