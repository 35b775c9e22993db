//! A client: what the keyboard says goes to the room, what the room says to the screen.

use std::fmt;
use std::time::Duration;

use aemp_actor::prelude::*;
use tokio::sync::{mpsc, oneshot};

use crate::room::{Refusal, RoomRef};
use crate::server;

/// How long to try before it is said that the server cannot be reached.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is printed when somebody says something, comes or goes.
#[derive(Port)]
pub(crate) struct Screen;

#[rcv]
impl Screen {
    /// Somebody says something.
    pub(crate) fn said(&mut self, nick: String, text: String) {
        println!("<{nick}> {}", printable(&text));
    }

    /// Somebody came.
    pub(crate) fn joined(&mut self, nick: String) {
        println!("* {nick} has joined");
    }

    /// Somebody went.
    pub(crate) fn left(&mut self, nick: String, why: Reason) {
        println!("* {nick} has left ({})", printable(&why.to_string()));
    }
}

/// A client, with or without a connection.
struct Client {
    node: Node,
    screen: ScreenRef,
    nick: String,
}

/// The lines that the user types.
type Keyboard = mpsc::UnboundedReceiver<String>;

/// Being in the room.
struct Visit {
    room: RoomRef,
    /// Why the room was lost.
    lost: oneshot::Receiver<Reason>,
}

/// Why there is no way into the room.
enum Closed {
    /// The server, or the way to it.
    Failed(CallError),
    /// The room does not want us.
    Refused(Refusal),
}

/// How a visit ended.
enum End {
    Quit,
    Lost(Reason),
}

/// Runs until its user has had enough.
///
/// # Errors
/// When there is no way into the room at first, or it refuses us.
pub(crate) async fn run(nick: String, seed: String, secret: String) -> Result<(), String> {
    let config = Config::new()
        .node(server::NODE, seed)
        .secret(secret)
        .connect_timeout(PATIENCE)
        .connect_interval(PATIENCE / 4);
    let node = Node::configure(config).await.map_err(|error| error.to_string())?;
    let screen = node.port(Screen);
    let client = Client { node, screen, nick };
    let mut keyboard = keyboard();
    let mut visit = client.enter().await.map_err(|closed| closed.to_string())?;
    while let End::Lost(reason) = client.talk(visit, &mut keyboard).await {
        println!("* lost the server ({reason}); trying again");
        visit = match client.enter_again(&mut keyboard).await? {
            Some(visit) => visit,
            None => break,
        };
    }
    client.node.shutdown(PATIENCE).await;
    Ok(())
}

impl Client {
    /// Asks the server for the room, and the room to let us in.
    async fn enter(&self) -> Result<Visit, Closed> {
        let (room,): (RoomRef,) =
            self.node.cal(server::NODE, (server::WHERE,)).timeout(2 * PATIENCE).await?;
        let (tell, lost) = oneshot::channel();
        self.node.mon(&room, move |reason| drop(tell.send(reason)));
        let joined = room.join(self.screen.clone(), &self.nick).timeout(2 * PATIENCE).await?;
        let others = joined.map_err(Closed::Refused)?;
        match others.as_slice() {
            [] => println!("* joined as {}; nobody else is here", self.nick),
            others => println!("* joined as {}; here are: {}", self.nick, others.join(", ")),
        }
        Ok(Visit { room, lost })
    }

    /// Tries until it succeeds; `None` when the user has had enough.
    async fn enter_again(&self, keyboard: &mut Keyboard) -> Result<Option<Visit>, String> {
        let mut said = String::new();
        loop {
            let closed = tokio::select! {
                entered = self.enter() => match entered {
                    Ok(visit) => return Ok(Some(visit)),
                    Err(closed) => closed,
                },
                () = until_quit(keyboard) => return Ok(None),
            };
            let problem = closed.to_string();
            if let Closed::Refused(_) = closed {
                return Err(problem);
            }
            if problem != said {
                println!("* not yet: {problem}");
                said = problem;
            }
            tokio::time::sleep(PATIENCE / 8).await;
        }
    }

    /// Carries lines to the room until one of the two ends.
    async fn talk(&self, mut visit: Visit, keyboard: &mut Keyboard) -> End {
        loop {
            let line = tokio::select! {
                reason = &mut visit.lost => return End::Lost(reason.unwrap_or_default()),
                line = keyboard.recv() => line.unwrap_or_else(|| "/quit".to_owned()),
            };
            let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match command {
                "" => {}
                "/who" => match visit.room.who().timeout(PATIENCE).await {
                    Ok(nicks) => println!("* here are: {}", nicks.join(", ")),
                    Err(error) => println!("* {error}"),
                },
                "/quit" => {
                    let bye = visit.room.quit(self.screen.clone(), rest.trim());
                    // Going without an answer is fine: our end will be noticed.
                    drop(bye.timeout(PATIENCE).await);
                    return End::Quit;
                }
                other if other.starts_with('/') => {
                    println!("* no command {other}; there are /who and /quit [WORDS]");
                }
                _ => visit.room.say(self.screen.clone(), &line),
            }
        }
    }
}

/// Without a room nothing can be said.
async fn until_quit(keyboard: &mut Keyboard) {
    while let Some(line) = keyboard.recv().await {
        match line.split(' ').next() {
            Some("/quit") => return,
            Some("") | None => {}
            Some(_) => println!("* not sent, there is no connection: {line}"),
        }
    }
}

/// The lines of standard input. (A thread, because a read of a terminal cannot be cancelled; it
/// ends with the process.)
fn keyboard() -> Keyboard {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The text without what would move the cursor, or worse.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

impl From<CallError> for Closed {
    fn from(error: CallError) -> Self {
        Self::Failed(error)
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => match error.reason() {
                Some(reason) => write!(f, "{}", reason.text()),
                None => error.fmt(f),
            },
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}
