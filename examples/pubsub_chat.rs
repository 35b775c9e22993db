//! A chat without a server: every program publishes what is said, and subscribes to what the others say.
//!
//! ```text
//! cargo run --example pubsub_chat -- joe      # prints the command for others; lines are said to all
//! ```
//!
//! Whoever joins is shown what was said before, as far as those remember who are there. He subscribes first,
//! and then asks all the others: what somebody says later than he answers, he publishes to the newcomer,
//! too. So nothing is missed, and what comes twice is shown once.

#[path = "mesh/options.rs"]
mod options;

use std::collections::{HashSet, VecDeque};
use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use aemp_actor::prelude::*;
use aemp_actor::pubsub::{Hub, Next, Subscribe, Subscription};
use aemp_examples::logs;
use options::Options;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// The topic, and the group of those who remember what was said.
const TOPIC: &str = "chat";
const MEMORIES: &str = "chat memories";

/// How many lines are remembered.
const LINES: usize = 50;

/// How long the others may take to show themselves, and to be told that a program ends.
const PATIENCE: Duration = Duration::from_secs(5);

const USAGE: &str = "usage: pubsub_chat NICK [OPTIONS]

  the lines of standard input are said to everybody; /quit ends the program
";

/// What was said, by whom, when (in milliseconds since 1970).
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Line {
    at: u64,
    node: NodeId,
    number: u64,
    nick: String,
    text: String,
}

/// Remembers what was said.
#[derive(Default, Port)]
struct Memory {
    lines: VecDeque<Line>,
}

#[rcv]
impl Memory {
    fn add(&mut self, line: Line) {
        self.lines.push_back(line);
        if self.lines.len() > LINES {
            self.lines.pop_front();
        }
    }

    fn lines(&self) -> Vec<Line> {
        self.lines.iter().cloned().collect()
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    logs("warn");
    let options = match Options::read() {
        Ok(options) => options,
        Err(problem) => return options::misused("pubsub_chat", &problem, USAGE),
    };
    match options.words.as_slice() {
        [nick] => {
            let ended = chat(&options, nick).await;
            options::ended("pubsub_chat", ended.map_err(|error| error.to_string()))
        }
        [] => options::misused("pubsub_chat", "what is your nick?", USAGE),
        [_, more, ..] => options::misused("pubsub_chat", &format!("{more:?} is too much"), USAGE),
    }
}

async fn chat(options: &Options, nick: &str) -> Result<(), Box<dyn Error>> {
    let node = options::node(options, options.config(), "pubsub_chat -- sue").await?;
    let hub = Hub::join(&node, TOPIC)?;
    let mut said = hub.subscribe(Subscribe::new());
    node.joined().await?;
    let memory = node.port(Memory::default());
    let mut screen = Screen { memory, seen: HashSet::new() };
    screen.remember(&node).await;
    node.grp_reg(MEMORIES, &screen.memory)?;
    println!("* you are {nick}");
    talk(&node, &hub, &mut said, &mut screen, nick).await?;
    hub.publish(("left", nick));
    node.shutdown(PATIENCE).await;
    Ok(())
}

/// Until the user has had enough.
async fn talk(
    node: &Node,
    hub: &Hub,
    said: &mut Subscription,
    screen: &mut Screen,
    nick: &str,
) -> Result<(), Box<dyn Error>> {
    let mut keyboard = keyboard();
    let mut number = 0;
    hub.publish(("joined", nick));
    loop {
        tokio::select! {
            next = said.next() => match next {
                Some(Next::Message(message)) => screen.show(&message)?,
                Some(Next::Missed(lines)) => println!("* {lines} lines were missed"),
                None => return Ok(()),
            },
            line = keyboard.recv() => match line.as_deref() {
                None | Some("/quit") => return Ok(()),
                Some(text) => {
                    let at = SystemTime::UNIX_EPOCH.elapsed()?.as_millis() as u64;
                    let (node, text) = (node.id().clone(), text.to_owned());
                    let line = Line { at, node, number, nick: nick.to_owned(), text };
                    number += 1;
                    // First, so that whoever asks has it from there or is told of it.
                    screen.memory.add(line.clone());
                    hub.publish(("line", line));
                }
            },
        }
    }
}

/// What the user sees.
struct Screen {
    memory: MemoryRef,
    /// The lines that were shown, by node and number.
    seen: HashSet<(NodeId, u64)>,
}

impl Screen {
    /// Shows what the others remember.
    async fn remember(&mut self, node: &Node) {
        let mut lines = Vec::new();
        for memory in node.grp_get(MEMORIES) {
            // One that has just gone remembers nothing.
            let told = MemoryRef::at(node, memory).lines().timeout(PATIENCE).await;
            lines.extend(told.unwrap_or_default());
        }
        lines.sort_by_key(|line| line.at);
        lines.into_iter().for_each(|line| self.line(line));
    }

    fn show(&mut self, message: &Message) -> Result<(), Box<dyn Error>> {
        match message.tag() {
            "line" => self.line(message.arg(0)?),
            tag => println!("* {} has {tag}", printable(&message.arg::<String>(0)?)),
        }
        Ok(())
    }

    fn line(&mut self, line: Line) {
        if self.seen.insert((line.node.clone(), line.number)) {
            println!("<{}> {}", printable(&line.nick), printable(&line.text));
            self.memory.add(line);
        }
    }
}

/// The text without what would move the cursor, or worse.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// The lines of standard input. (A thread, because a read of a terminal cannot be cancelled; it
/// ends with the process.)
fn keyboard() -> mpsc::UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
