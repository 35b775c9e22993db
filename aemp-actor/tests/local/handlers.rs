//! What handlers of a derived port may look like, and what becomes of their results.

use std::collections::BTreeMap;
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{BadMessage, PortRef};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

#[derive(Debug, Deserialize, PartialEq, Serialize)]
enum Refusal {
    Poor { lacking: u64 },
    Closed,
}

/// A bank, with a handler of every form.
#[derive(Default, Port)]
struct Bank {
    accounts: BTreeMap<String, u64>,
    others: Vec<String>,
    surplus: Vec<Value>,
    pings: u32,
}

#[rcv]
impl Bank {
    fn pay_in(&mut self, name: String, sum: u64) {
        *self.accounts.entry(name).or_default() += sum;
    }

    async fn pay_in_slowly(&mut self, name: String, sum: u64) {
        for _ in 0..sum {
            tokio::task::yield_now().await;
            *self.accounts.entry(name.clone()).or_default() += 1;
        }
    }

    fn balance(&self, name: String) -> Option<u64> {
        self.accounts.get(&name).copied()
    }

    async fn total(&self) -> u64 {
        tokio::task::yield_now().await;
        self.accounts.values().sum()
    }

    fn pay_out(&mut self, name: String, sum: u64) -> Result<u64, Refusal> {
        let balance = self.accounts.get_mut(&name).ok_or(Refusal::Closed)?;
        *balance =
            balance.checked_sub(sum).ok_or_else(|| Refusal::Poor { lacking: sum - *balance })?;
        Ok(*balance)
    }

    fn parse(&mut self, text: String) -> Result<u64, Die> {
        Ok(text.parse::<u64>()?)
    }

    async fn audit(&mut self, ctx: &mut Ctx<Self>, limit: u64) -> Result<(), Die> {
        tokio::task::yield_now().await;
        match self.accounts.values().sum::<u64>() {
            sum if sum > limit => Err(die!("{} holds {sum}, more than {limit}", ctx.id())),
            _ => Ok(()),
        }
    }

    fn whoami(&self, ctx: &mut Ctx<Self>) -> PortId {
        ctx.id()
    }

    fn twin(&self, ctx: &mut Ctx<Self>) -> BankRef {
        ctx.handle()
    }

    #[rcv(tag = "AnyEvent::ping")]
    fn ping(&mut self) -> u32 {
        self.pings += 1;
        self.pings
    }

    fn r#match(&mut self, name: String, rest: Rest) {
        self.surplus.push(name.into());
        self.surplus.extend(rest);
    }

    fn sum(&self, first: u64, rest: Rest) -> u64 {
        first + rest.iter().filter_map(Value::as_u64).sum::<u64>()
    }

    #[rcv(default)]
    fn other(&mut self, msg: Message) {
        self.others.push(msg.to_string());
    }

    #[rcv(skip)]
    fn helper(&self) -> &[String] {
        &self.others
    }
}

/// A port that tolerates what it does not understand.
#[derive(Default, Port)]
struct Tolerant {
    bad: Vec<(String, String)>,
}

#[rcv]
impl Tolerant {
    fn add(&mut self, _n: u64) {}

    fn bad(&self) -> Vec<(String, String)> {
        self.bad.clone()
    }

    #[rcv(bad_message)]
    fn ignore(&mut self, ctx: &mut Ctx<Self>, bad: BadMessage) -> Result<(), Die> {
        if bad.message().tag() == "worst" {
            return Err(die!("{} had enough", ctx.id()));
        }
        self.bad.push((bad.message().tag().to_owned(), bad.problem().to_owned()));
        Ok(())
    }
}

/// Fails in place of hanging.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(Duration::from_secs(60), future).await;
    waited.expect("it does not take a minute")
}

/// Why the port died.
async fn end_of(node: &Node, port: impl Into<PortId>) -> Reason {
    let (tell, told) = oneshot::channel();
    node.mon(port, move |reason: Reason| drop(tell.send(reason)));
    soon(told).await.expect("a monitor fires")
}

#[tokio::test]
async fn handlers_change_state_and_answer() {
    let node = Node::local();
    let bank = node.port(Bank::default());
    bank.pay_in("joe", 40);
    bank.pay_in_slowly("joe", 2);
    assert_eq!(bank.balance("joe").await, Ok(Some(42)));
    assert_eq!(bank.balance("ann").await, Ok(None));
    assert_eq!(bank.total().await, Ok(42));
    assert_eq!(bank.whoami().await, Ok(PortRef::id(&bank)));
    assert_eq!(bank.twin().await, Ok(bank.clone()));
    assert_eq!(bank.ping().await, Ok(1));
    assert_eq!(node.cal::<(u32,)>(&bank, ("AnyEvent::ping",)).await, Ok((2,)));
}

#[tokio::test]
async fn application_errors_are_answers_and_kill_nobody() {
    let node = Node::local();
    let bank = node.port(Bank::default());
    bank.pay_in("joe", 5);
    assert_eq!(bank.pay_out("joe", 7).await.unwrap(), Err(Refusal::Poor { lacking: 2 }));
    assert_eq!(bank.pay_out("ann", 1).await.unwrap(), Err(Refusal::Closed));
    assert_eq!(bank.pay_out("joe", 1).await.unwrap(), Ok(4));
    type Answer = Result<u64, Refusal>;
    let (untyped,): (Answer,) = node.cal(&bank, ("pay_out", "joe", 9)).await.unwrap();
    assert_eq!(untyped, Err(Refusal::Poor { lacking: 5 }));
}

#[tokio::test]
async fn a_die_kills_with_its_text() {
    let node = Node::local();
    let bank = node.port(Bank::default());
    assert_eq!(bank.parse("17").await, Ok(17));
    let error = bank.parse("x").await.unwrap_err();
    let reason = error.reason().expect("the port died");
    assert_eq!((reason.kind(), reason.text().as_str()), ("die", "invalid digit found in string"));

    let bank = node.port(Bank::default());
    bank.pay_in("joe", 8);
    bank.audit(8);
    bank.audit(7);
    let reason = end_of(&node, &bank).await;
    assert_eq!(reason.kind(), "die");
    assert_eq!(reason.text(), format!("{bank} holds 8, more than 7"));
}

#[tokio::test]
async fn untyped_requests_are_answered_like_typed_ones() {
    let node = Node::local();
    let bank = node.port(Bank::default());
    node.snd(&bank, ("pay_in", "joe", 3));
    assert_eq!(node.cal::<(Option<u64>,)>(&bank, ("balance", "joe")).await, Ok((Some(3),)));
    assert_eq!(node.cal::<(u64,)>(&bank, ("total",)).await, Ok((3,)));
    assert_eq!(node.cal::<(PortId,)>(&bank, ("whoami",)).await, Ok((PortRef::id(&bank),)));
    assert_eq!(node.cal::<(BankRef,)>(&bank, ("twin",)).await, Ok((bank.clone(),)));
    let (tx, mut rx) = mpsc::unbounded_channel();
    let reply = node.port_fn(move |_, msg| drop(tx.send(msg.to_string())));
    node.snd(&bank, ("balance", "joe", &reply));
    assert_eq!(soon(rx.recv()).await.unwrap(), "[3]");
    // Nobody asked for the answer: it goes nowhere.
    node.snd(&bank, ("balance", "joe"));
    // What is no port ID is a surplus argument.
    node.snd(&bank, ("balance", "joe", "surplus"));
    node.snd(&bank, ("balance", "ann", "surplus", &reply));
    assert_eq!(soon(rx.recv()).await.unwrap(), "[null]");
}

#[tokio::test]
async fn a_rest_takes_the_surplus() {
    let node = Node::local();
    let bank = node.port(Bank::default());
    node.snd(&bank, ("match", "a", 1, "two"));
    bank.r#match("b", Rest(vec![Value::from(3)]));
    node.snd(&bank, ("match", "c"));
    let surplus = bank.peval(|bank, _| Ok(bank.surplus.clone())).await.unwrap();
    let expected = ["a".into(), 1.into(), "two".into(), "b".into(), 3.into(), "c".into()];
    assert_eq!(surplus, expected as [Value; 6]);
    assert_eq!(bank.sum(1, Rest(vec![2.into(), 3.into()])).await, Ok(6));
    assert_eq!(node.cal::<(u64,)>(&bank, ("sum", 1, 2, 3, 4)).await, Ok((10,)));
}

#[tokio::test]
async fn a_default_handler_gets_every_other_tag() {
    let node = Node::local();
    let bank = node.port(Bank::default());
    node.snd(&bank, ("nonesuch", 1));
    node.snd(&bank, ());
    node.snd(&bank, ([1],));
    node.snd(&bank, ("ping",));
    node.snd(&bank, ("helper",));
    let others = bank.peval(|bank, _| Ok(bank.helper().to_vec())).await.unwrap();
    let expected = [r#"["nonesuch",1]"#, "[]", "[[1]]", r#"["ping"]"#, r#"["helper"]"#];
    assert_eq!(others, expected);
}

#[tokio::test]
async fn bad_messages_can_be_tolerated() {
    let node = Node::local();
    let port = node.port(Tolerant::default());
    node.snd(&port, ("add", "x"));
    node.snd(&port, ("what", 1));
    let bad = port.bad().await.unwrap();
    assert_eq!([bad[0].0.as_str(), bad[1].0.as_str()], ["add", "what"]);
    assert!(bad[0].1.contains("argument 1 (n)"), "{bad:?}");
    assert!(bad[1].1.contains("expected one of add, bad"), "{bad:?}");
    node.snd(&port, ("worst",));
    let reason = end_of(&node, &port).await;
    assert_eq!(reason.text(), format!("{port} had enough"));
}

#[tokio::test]
async fn one_message_is_handled_at_a_time() {
    #[derive(Default, Port)]
    struct Slow {
        inside: bool,
        done: u32,
    }
    #[rcv]
    impl Slow {
        async fn work(&mut self) {
            assert!(!self.inside, "a handler began before the last had ended");
            self.inside = true;
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            self.inside = false;
            self.done += 1;
        }
        fn done(&self) -> u32 {
            self.done
        }
    }
    let node = Node::local();
    let slow = node.port(Slow::default());
    for _ in 0..100 {
        slow.work();
        node.snd(&slow, ("work",));
    }
    assert_eq!(slow.done().await, Ok(200));
}
