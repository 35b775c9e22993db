//! A chat with bridge heads: every user has a port on the server, made by the user.
//!
//! ```text
//! export AEMP_SECRET=$(head -c 32 /dev/urandom | base64)      # the same in all terminals
//! bridge server one --bind 127.0.0.1:4040
//! bridge server two --seed 127.0.0.1:4040          # more servers, if you like: one room
//! bridge join joe one --seed 127.0.0.1:4040
//! ```
//!
//! In `chat.rs` clients talk to a port of the server. Here a client spawns a port of its own on the
//! server's node, by the name of a function that the server has: its bridge head. The heads of all
//! users are a group, and talk to each other; each passes on to its user's screen what it hears, and
//! ends when the screen does. The servers need to know of nobody.

#[path = "mesh/options.rs"]
mod options;

use std::process::ExitCode;
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_examples::logs;
use options::Options;
use tokio::sync::{mpsc, oneshot};

/// The group of all heads.
const ROOM: &str = "bridge heads";

/// How long the others may take to be told that a program ends.
const FAREWELL: Duration = Duration::from_secs(2);

const USAGE: &str = "usage: bridge server NAME [OPTIONS]
       bridge join NICK SERVER [OPTIONS]

  server NAME        a node of that name, on which users can have their heads
  join NICK SERVER   takes part, through the server of that name; the lines of standard input are
                     said to everybody
";

/// A user's port on the server.
#[derive(Port)]
struct Head {
    nick: String,
    screen: ScreenRef,
}

/// Makes a head, for whoever asks.
#[init("Bridge::head")]
fn head(init: &mut Init, screen: ScreenRef, nick: String) -> Result<Head, Die> {
    if nick.is_empty() || nick.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(die!("{nick:?} is no nick"));
    }
    let (node, me) = (init.node(), init.id());
    node.mon(&screen, Snd(&me, ("gone",)));
    let others = node.grp_get(ROOM);
    node.grp_reg(ROOM, me)?;
    screen.welcome(others.len());
    others.iter().for_each(|other| node.snd(other, ("came", &nick)));
    Ok(Head { nick, screen })
}

#[rcv]
impl Head {
    /// The user says something.
    fn say(&mut self, ctx: &mut Ctx<Self>, text: String) {
        self.tell_others(ctx, ("said", &self.nick, text));
    }

    /// Another user says something.
    fn said(&mut self, nick: String, text: String) {
        self.screen.line(format!("<{nick}> {text}"));
    }

    /// Another user is there now.
    fn came(&mut self, nick: String) {
        self.screen.line(format!("* {nick} has joined"));
    }

    /// Another user is there no more.
    fn left(&mut self, nick: String, why: Reason) {
        self.screen.line(format!("* {nick} has left ({why})"));
    }

    /// The screen is gone: nobody is at this end of the bridge.
    fn gone(&mut self, ctx: &mut Ctx<Self>, why: Rest) {
        self.tell_others(ctx, ("left", &self.nick, Reason::from_values(why.0)));
        ctx.stop(());
    }

    #[rcv(skip)]
    fn tell_others(&self, ctx: &Ctx<Self>, message: impl serde::Serialize) {
        for other in ctx.node().grp_get(ROOM).iter().filter(|other| **other != ctx.id()) {
            ctx.snd(other, &message);
        }
    }
}

/// What a user sees.
#[derive(Port)]
struct Screen;

#[rcv]
impl Screen {
    /// The head is ready, and so many others are there.
    fn welcome(&mut self, others: usize) {
        println!("* joined; others here: {others}");
    }

    /// Something to be seen.
    fn line(&mut self, text: String) {
        println!("{}", text.chars().filter(|c| !c.is_control()).collect::<String>());
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    logs("warn");
    let options = match Options::read() {
        Ok(options) => options,
        Err(problem) => return options::misused("bridge", &problem, USAGE),
    };
    let words: Vec<&str> = options.words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["server", name] => options::ended("bridge", serve(&options, name).await),
        ["join", nick, server] => options::ended("bridge", join(&options, nick, server).await),
        [] => options::misused("bridge", "server or join?", USAGE),
        ["server"] => options::misused("bridge", "a server needs a name", USAGE),
        ["join", ..] if words.len() < 3 => {
            options::misused("bridge", "join as whom, through which server?", USAGE)
        }
        ["server", _, more, ..] | ["join", _, _, more, ..] => {
            options::misused("bridge", &format!("{more:?} is too much"), USAGE)
        }
        [other, ..] => options::misused("bridge", &format!("{other:?} is no command"), USAGE),
    }
}

async fn serve(options: &Options, name: &str) -> Result<(), String> {
    let node = options::node(options.config().nodeid(name)).await?;
    node.shutdown_on_signal(FAREWELL).await.map_err(|error| error.to_string())
}

async fn join(options: &Options, nick: &str, server: &str) -> Result<(), String> {
    let node = options::node(options.config()).await?;
    node.joined().await.map_err(|error| error.to_string())?;
    let screen = node.port(Screen);
    let head = head.on(&node, server, (screen.clone(), nick.to_owned()));
    let (tell, mut lost) = oneshot::channel();
    node.mon(&head, move |reason| drop(tell.send(reason)));
    let mut lines = keyboard();
    loop {
        tokio::select! {
            reason = &mut lost => {
                return Err(format!("server {server}: {}", reason.unwrap_or_default()));
            }
            line = lines.recv() => match line {
                Some(line) => head.say(&line),
                None => break,
            },
        }
    }
    screen.kil(("quit", "bye"));
    node.shutdown(FAREWELL).await;
    Ok(())
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
