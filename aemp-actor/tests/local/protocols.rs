//! Protocols: messages that ports of many types answer, sent by one type of handle.

use std::cell::Cell;
use std::time::Duration;

use aemp_actor::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};

use crate::support::{death, sink};

thread_local! {
    /// How often a [`Text`] was serialised on this thread.
    static SERIALISED: Cell<u32> = const { Cell::new(0) };
}

/// A text that counts.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(transparent)]
pub struct Text(String);

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SERIALISED.set(SERIALISED.get() + 1);
        self.0.serialize(serializer)
    }
}

mod screens {
    use super::Text;
    use aemp_actor::prelude::*;

    /// What shows text.
    #[protocol]
    pub trait Screen {
        /// Shows a line.
        fn show(&self, text: Text);
        fn width(&self) -> u32;
        fn lines(&self) -> Vec<Text>;
        fn read(&self, index: usize) -> Result<Text, String>;
        fn wait(&self) -> u32;
        fn close(&self, reason: String);
    }
}

/// What is told of keys.
#[protocol]
trait Keyboard {
    fn key(&self, code: u8);
    #[rcv(tag = "Keyboard::keys")]
    fn keys(&self) -> Vec<u8>;
    #[rcv(local)]
    fn lend(&self, name: &'static str) -> &'static str;
    fn rest(&self, first: u8, more: Rest) -> u64;
}

// Only the traits are named: their handles come along.
use screens::Screen;

#[derive(Default, Port)]
#[port(protocols(Screen, Keyboard))]
struct Terminal {
    lines: Vec<Text>,
    keys: Vec<u8>,
    waiting: Vec<Reply<u32>>,
}

#[rcv]
impl Terminal {
    fn own(&self) -> usize {
        self.lines.len() + self.keys.len()
    }
    fn end_waiting(&mut self) {
        self.waiting.drain(..).for_each(|reply| reply.answer(9));
    }
}

#[rcv]
impl Screen for Terminal {
    fn show(&mut self, text: Text) {
        self.lines.push(text);
    }
    async fn width(&self) -> u32 {
        tokio::task::yield_now().await;
        80
    }
    fn lines(&self) -> Vec<Text> {
        self.lines.clone()
    }
    fn read(&self, index: usize) -> Result<Text, String> {
        self.lines.get(index).cloned().ok_or_else(|| format!("no line {index}"))
    }
    fn wait(&mut self, reply: Reply<u32>) {
        self.waiting.push(reply);
    }
    fn close(&mut self, ctx: &mut Ctx<Self>, reason: String) -> Result<(), Die> {
        if reason.is_empty() {
            return Err(die!("closed without a reason"));
        }
        ctx.stop(reason);
        Ok(())
    }
}

#[rcv]
impl Keyboard for Terminal {
    fn key(&mut self, code: u8) {
        self.keys.push(code);
    }
    fn keys(&self) -> Vec<u8> {
        self.keys.clone()
    }
    fn lend(&self, name: &'static str) -> &'static str {
        name
    }
    fn rest(&self, first: u8, more: Rest) -> u64 {
        u64::from(first) + more.iter().filter_map(Value::as_u64).sum::<u64>()
    }
}

/// Another type with the same protocol, and a parameter.
#[derive(Port)]
#[port(protocols(screens::Screen))]
struct Printer<T>(Vec<T>);

#[rcv]
impl<T: From<Text> + Send + Serialize + DeserializeOwned + 'static> Printer<T> {
    #[rcv(default)]
    fn other(&mut self, msg: Message) {
        self.0.push(T::from(Text(msg.tag().to_owned())));
    }
    fn put(&mut self, sheet: T) {
        self.0.push(sheet);
    }
}

#[rcv]
impl<T: From<Text> + Send + Serialize + DeserializeOwned + 'static> screens::Screen for Printer<T> {
    fn show(&mut self, text: Text) {
        self.0.push(T::from(text));
    }
    fn width(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap()
    }
    fn lines(&self) -> Vec<Text> {
        Vec::new()
    }
    fn read(&self, _: usize) -> Result<Text, String> {
        Err("paper".to_owned())
    }
    fn wait(&self) -> Result<u32, Die> {
        Err(die!("out of paper"))
    }
    fn close(&mut self, _reason: String) {}
}

/// Holds the handle of a protocol, which came in a message.
#[derive(Default, Port)]
struct Session {
    screens: Vec<screens::ScreenRef>,
}

#[rcv]
impl Session {
    fn attach(&mut self, screen: screens::ScreenRef) {
        self.screens.push(screen);
    }
    fn say(&self, text: String) {
        self.screens.iter().for_each(|screen| screen.show(Text(text.clone())));
    }
    fn first(&self) -> Option<screens::ScreenRef> {
        self.screens.first().cloned()
    }
}

fn texts(lines: &[&str]) -> Vec<Text> {
    lines.iter().map(|line| Text((*line).to_owned())).collect()
}

#[tokio::test]
async fn a_port_answers_its_own_messages_and_those_of_protocols() {
    let node = Node::local();
    let terminal = node.port(Terminal::default());
    let screen = screens::ScreenRef::from(&terminal);
    let keyboard: KeyboardRef = terminal.clone().into();
    screen.show(Text("one".into()));
    keyboard.key(65);
    screen.show(Text("two".into()));
    assert_eq!(screen.lines().await, Ok(texts(&["one", "two"])));
    assert_eq!(screen.width().await, Ok(80));
    assert_eq!(keyboard.keys().await, Ok(vec![65]));
    assert_eq!(terminal.own().await, Ok(3));
    assert_eq!(screen.read(0).await, Ok(Ok(Text("one".into()))));
    assert_eq!(screen.read(7).await, Ok(Err("no line 7".into())));
    assert_eq!(keyboard.rest(1, Rest(vec![2_u8.into(), 3_u8.into()])).await, Ok(6));
    assert_eq!(SERIALISED.get(), 0, "values are moved");
    // What cannot be sent as data.
    assert_eq!(keyboard.lend("borrowed").await, Ok("borrowed"));
    let far = KeyboardRef::at(&node, PortId::from("elsewhere#1"));
    assert!(matches!(far.lend("x").await, Err(CallError::NotLocal { .. })));
}

#[tokio::test]
async fn tags_are_those_of_the_methods() {
    let node = Node::local();
    let terminal = node.port(Terminal::default());
    node.snd(&terminal, ("show", "untyped"));
    assert_eq!(
        node.cal::<(Vec<String>,)>(&terminal, ("lines",)).await,
        Ok((vec!["untyped".into()],))
    );
    node.snd(&terminal, ("key", "66"));
    assert_eq!(node.cal::<(Vec<u8>,)>(&terminal, ("Keyboard::keys",)).await, Ok((vec![66],)));
    assert_eq!(node.cal::<(u64,)>(&terminal, ("rest", 1, 2, 3)).await, Ok((6,)));
    assert_eq!(node.cal::<(usize,)>(&terminal, ("own",)).await, Ok((2,)));
    let error = node.cal::<()>(&terminal, ("shwo", "x")).await.unwrap_err().to_string();
    assert!(error.contains("did you mean \"show\""), "{error}");
    let all = "own, end_waiting, show, width, lines, read, wait, close, key, Keyboard::keys, rest";
    assert!(error.contains(all), "{error}");
    let error = node.cal::<()>(&terminal, ("key", "x")).await.unwrap_err().to_string();
    assert!(error.contains("argument 1 (code)"), "{error}");
    let error = node.cal::<()>(&terminal, ("lend", "x")).await.unwrap_err();
    assert!(matches!(error, CallError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn ports_of_different_types_have_one_type_of_handle() {
    let node = Node::local();
    let printer = node.port(Printer::<Text>(Vec::new()));
    let terminal = node.port(Terminal::default());
    let screens = [screens::ScreenRef::from(&printer), (&terminal).into()];
    for screen in &screens {
        screen.show(Text("to all".into()));
    }
    assert_eq!(screens[0].width().await, Ok(1));
    assert_eq!(screens[1].width().await, Ok(80));
    // The block's default handler takes what no protocol answers.
    node.snd(&printer, ("odd",));
    node.snd(&printer, ("show", "untyped"));
    assert_eq!(screens[0].width().await, Ok(3));
    let error = screens[0].wait().await.unwrap_err();
    assert_eq!(error.to_string(), format!("{printer} died before it answered: die: out of paper"));
}

#[tokio::test]
async fn handles_of_protocols_are_data() {
    let node = Node::local();
    let terminal = node.port(Terminal::default());
    let screen = screens::ScreenRef::from(&terminal);
    assert_eq!(screen.id(), terminal.id());
    assert_eq!(screen.to_string(), terminal.to_string());
    assert!(format!("{screen:?}").contains(&terminal.to_string()));
    assert_eq!(PortId::from(&screen), terminal.id());
    let by_id = screens::ScreenRef::at(&node, terminal.id());
    assert_eq!(by_id, screen);
    by_id.show(Text("by its ID".into()));
    assert_eq!(SERIALISED.get(), 0, "the port is found, and values are moved");
    // In messages, typed and untyped; any handle that converts is taken.
    let session = node.port(Session::default());
    session.attach(&terminal);
    session.attach(&screen);
    session.attach(terminal.id());
    node.snd(&session, ("attach", &screen));
    session.say("hello");
    assert_eq!(session.first().await, Ok(Some(screen.clone())));
    let expected = texts(&["by its ID", "hello", "hello", "hello", "hello"]);
    assert_eq!(screen.lines().await, Ok(expected));
    // As with the handles of ports, a bare ID that is converted outside of a port knows no node.
    assert_eq!(SERIALISED.get(), 1, "values are moved by all handles but that of a bare ID");
    let bytes = serde_json::to_string(&screen).unwrap();
    let back: screens::ScreenRef = serde_json::from_str(&bytes).unwrap();
    assert_eq!(back, screen);
}

#[tokio::test]
async fn handles_of_protocols_watch_kill_and_send() {
    let node = Node::local();
    let terminal = node.port(Terminal::default());
    let screen = screens::ScreenRef::from(&terminal);
    screen.snd(("show", "untyped"));
    assert_eq!(screen.lines().await, Ok(texts(&["untyped"])));
    let (tell, told) = tokio::sync::oneshot::channel();
    screen.mon(move |reason: Reason| drop(tell.send(reason)));
    screen.kil("enough");
    assert_eq!(told.await.unwrap().kind(), "enough");
    let screen = screens::ScreenRef::from(node.port(Terminal::default()));
    let died = death(&node, &screen);
    screen.close("done");
    assert_eq!(died.text().await, "done");
    let screen = screens::ScreenRef::from(node.port(Terminal::default()));
    let died = death(&node, &screen);
    screen.close("");
    assert_eq!(died.text().await, "die: closed without a reason");
    let screen = screens::ScreenRef::from(node.port(Terminal::default()));
    screen.snd(("show", "before"));
    let lines = screen.lines();
    let end = screen.stop(std::time::Duration::from_secs(60)).await;
    assert!(end.is_normal(), "{end}");
    assert_eq!(lines.await, Ok(texts(&["before"])), "what waits is handled");
}

#[tokio::test(start_paused = true)]
async fn a_protocol_is_answered_later() {
    let node = Node::local();
    let terminal = node.port(Terminal::default());
    let screen = screens::ScreenRef::from(&terminal);
    let (typed, untyped) = (screen.wait(), node.cal::<(u32,)>(&terminal, ("wait",)));
    terminal.end_waiting();
    assert_eq!((typed.await, untyped.await), (Ok(9), Ok((9,))));
    let held = screen.wait();
    terminal.kil("gone");
    assert_eq!(held.await.unwrap_err().reason().map(Reason::kind), Some("gone"));
}

#[tokio::test(start_paused = true)]
async fn a_port_without_the_protocol_is_asked_by_its_tags() {
    let node = Node::local();
    let mut port = sink(&node);
    let screen = screens::ScreenRef::at(&node, port.id.clone());
    screen.show(Text("to whom it concerns".into()));
    assert_eq!(port.next().await, r#"["show","to whom it concerns"]"#);
    let late = screen.width().timeout(Duration::from_secs(1)).await;
    assert!(matches!(late, Err(CallError::Timeout { .. })));
    // One that does not understand it says so.
    let session = node.port(Session::default());
    let error = screens::ScreenRef::at(&node, session.id()).width().await.unwrap_err();
    assert!(error.to_string().contains("unknown tag"), "{error}");
    assert!(session.first().await.is_ok(), "it lives");
}

#[tokio::test]
async fn the_handle_of_a_port_gives_those_of_its_protocols() {
    let node = Node::local();
    let terminal = node.port(Terminal::default());
    terminal.screen().show(Text("directly".into()));
    assert_eq!(terminal.screen().lines().await, Ok(texts(&["directly"])));
    terminal.keyboard().key(65);
    assert_eq!(terminal.keyboard().keys().await, Ok(vec![65]));
    assert_eq!(terminal.screen(), screens::ScreenRef::from(&terminal));
    // Of a port with parameters as well.
    let printer = node.port(Printer::<Text>(Vec::new()));
    assert_eq!(printer.screen().width().await, Ok(0));
    assert_eq!(SERIALISED.get(), 0, "values are moved");
}

mod renamed {
    use aemp_actor::prelude::*;

    #[protocol]
    pub trait Count {
        fn up(&self);
    }

    #[protocol]
    pub trait OnEnd {
        fn ended(&self, of: String) -> String;
    }

    #[derive(Default, Port)]
    #[port(protocols(Count as counting, OnEnd as _))]
    pub struct Tally(u32);

    #[rcv]
    impl Tally {
        pub fn count(&self) -> u32 {
            self.0
        }
        pub fn on_end(&self) -> bool {
            false
        }
    }

    #[rcv]
    impl Count for Tally {
        fn up(&mut self) {
            self.0 += 1;
        }
    }

    #[rcv]
    impl OnEnd for Tally {
        fn ended(&mut self, of: String) -> String {
            of
        }
    }
}

#[tokio::test]
async fn such_a_method_can_have_another_name_or_none() {
    let node = Node::local();
    let tally = node.port(renamed::Tally::default());
    tally.counting().up();
    assert_eq!(tally.count().await, Ok(1));
    assert_eq!(tally.on_end().await, Ok(false));
    assert_eq!(renamed::OnEndRef::from(&tally).ended("x").await, Ok("x".into()));
}
