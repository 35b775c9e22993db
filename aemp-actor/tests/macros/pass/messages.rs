//! Messages reach their handlers from typed handles and untyped, on one node, in order.

use aemp_actor::prelude::*;

#[derive(Port, Default)]
struct Log {
    lines: Vec<String>,
}

#[rcv]
impl Log {
    fn text(&mut self, text: String) {
        self.lines.push(text);
    }

    async fn later(&mut self, ctx: &mut Ctx<Self>, text: String) -> Result<(), Die> {
        tokio::task::yield_now().await;
        let id = ctx.id();
        self.lines.push(format!(
            "{text} to {}",
            if id == PortId::from(&ctx.handle()) { "me" } else { "?" }
        ));
        Ok(())
    }

    #[rcv(tag = "Other::tag")]
    fn odd(&mut self, number: i64, last: Option<u8>) {
        self.lines.push(format!("{number} {last:?}"));
    }

    fn many(&mut self, first: u8, rest: Rest) {
        self.lines.push(format!("{first} and {}", rest.len()));
    }

    fn lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let node = Node::local();
    let log = node.port(Log::default());

    log.text("one");
    log.later("two");
    log.odd(3, None);
    log.many(4, Rest(vec!["a".into(), "b".into()]));
    let typed = log.lines().await.unwrap();
    assert_eq!(typed, ["one", "two to me", "3 None", "4 and 2"]);

    node.snd(&log, ("text", "one"));
    node.snd(&log, ("later", "two", "surplus"));
    node.snd(&log, ("Other::tag", 3));
    node.snd(&log, ("many", 4, "a", "b"));
    let (untyped,): (Vec<String>,) = node.cal(&log, ("lines",)).await.unwrap();
    assert_eq!(untyped, typed);
}
