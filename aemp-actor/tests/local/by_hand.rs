//! A port without the macros has the rights of one with them.

use std::time::Duration;

use aemp_actor::plumbing::{Encoder, Unencodable};
use aemp_actor::prelude::*;
use aemp_actor::{BadMessage, Ref, Reply};
use tokio::sync::oneshot;

/// What a stack is told.
enum StackMsg {
    Push(i64),
    Pop(Reply<Option<i64>>),
    /// Takes the place for the answer and never answers.
    Forget(Reply<u8>),
}

#[derive(Default)]
struct Stack {
    items: Vec<i64>,
    tolerated: u32,
}

impl Port for Stack {
    type Msg = StackMsg;
    type Ref = Ref<Self>;
    const TAGS: &'static [&'static str] = &["push", "pop"];

    async fn handle(&mut self, _: &mut Ctx<Self>, msg: StackMsg) -> Result<(), Die> {
        match msg {
            StackMsg::Push(item) if item < 0 => return Err(die!("{item} is negative")),
            StackMsg::Push(item) => self.items.push(item),
            StackMsg::Pop(reply) => {
                tokio::task::yield_now().await;
                reply.answer(self.items.pop());
            }
            StackMsg::Forget(reply) => drop(reply),
        }
        Ok(())
    }

    fn decode(msg: Message) -> Result<StackMsg, BadMessage> {
        match msg.tag() {
            "push" => match msg.arg(0) {
                Ok(item) => Ok(StackMsg::Push(item)),
                Err(_) => Err(BadMessage::unknown(msg, Self::TAGS)),
            },
            "pop" => Ok(StackMsg::Pop(Reply::port(msg.arg(0).ok()))),
            _ => Err(BadMessage::unknown(msg, Self::TAGS)),
        }
    }

    fn encode(msg: &StackMsg, to: Encoder<'_>) -> Result<(), Unencodable> {
        match msg {
            StackMsg::Push(item) => to.message(&("push", item)),
            StackMsg::Pop(reply) => to.message(&("pop", reply)),
            StackMsg::Forget(_) => to.local_only("forget"),
        }
    }

    fn bad_message(&mut self, _: &mut Ctx<Self>, bad: BadMessage) -> Result<(), Die> {
        self.tolerated += 1;
        if self.tolerated > 2 { Err(bad.into()) } else { Ok(()) }
    }
}

async fn end_of(node: &Node, port: impl Into<PortId>) -> Reason {
    let (tell, told) = oneshot::channel();
    node.mon(port, move |reason: Reason| drop(tell.send(reason)));
    told.await.expect("a monitor fires")
}

#[tokio::test]
async fn it_handles_decodes_and_answers() {
    let node = Node::local();
    let stack: Ref<Stack> = node.port(Stack::default());
    stack.tell(StackMsg::Push(1));
    node.snd(&stack, ("push", "2"));
    assert_eq!(stack.call(StackMsg::Pop).await, Ok(Some(2)));
    assert_eq!(node.cal::<(Option<i64>,)>(&stack, ("pop",)).await, Ok((Some(1),)));
    assert_eq!(stack.call(StackMsg::Pop).await, Ok(None));
}

#[tokio::test]
async fn a_handle_by_id_encodes() {
    let node = Node::local();
    let stack = node.port(Stack::default());
    let (other, id) = (Node::local(), stack.id());
    let by_id = Ref::<Stack>::at(&node, id.clone());
    by_id.tell(StackMsg::Push(7));
    assert_eq!(by_id.call(StackMsg::Pop).await, Ok(Some(7)));
    // From a node that cannot reach it, what cannot be sent as data is refused at once.
    let far = Ref::<Stack>::at(&other, id);
    assert!(far.tell_local(StackMsg::Push(1)).is_err());
    let refused = far.call_local(StackMsg::Forget).await.unwrap_err();
    assert!(matches!(refused, CallError::NotLocal { .. }), "{refused}");
}

#[tokio::test]
async fn it_dies_as_others_do() {
    let node = Node::local();
    let stack = node.port(Stack::default());
    stack.tell(StackMsg::Push(-1));
    let reason = end_of(&node, &stack).await;
    assert_eq!(reason.to_string(), "die: -1 is negative");

    let stack = node.port(Stack::default());
    for _ in 0..3 {
        node.snd(&stack, ("push", "x"));
    }
    let reason = end_of(&node, &stack).await;
    let text = reason.text();
    assert!(text.contains("push, pop") && text.contains(r#"["push","x"]"#), "{text}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_never_given_ends_at_the_deadline() {
    let node = Node::local();
    let stack = node.port(Stack::default());
    let call = stack.call(StackMsg::Forget).timeout(Duration::from_secs(3));
    let begun = tokio::time::Instant::now();
    let error = call.await.unwrap_err();
    assert!(matches!(error, CallError::Timeout { .. }), "{error}");
    assert!(error.to_string().contains(&stack.to_string()), "{error}");
    assert_eq!(begun.elapsed().as_secs(), 3);
    stack.tell(StackMsg::Push(1));
    assert_eq!(stack.call(StackMsg::Pop).await, Ok(Some(1)), "the port lives");
}
