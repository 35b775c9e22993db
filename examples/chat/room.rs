//! The room, which lives on the server, and what it needs of its members.

use std::collections::BTreeMap;
use std::fmt;

use aemp_actor::MonToken;
use aemp_actor::prelude::*;
use serde::{Deserialize, Serialize};

use crate::client::ScreenRef;

/// Who is in, and what they say.
#[derive(Port, Default)]
pub(crate) struct Room {
    members: BTreeMap<ScreenRef, Member>,
}

/// Somebody in the room.
struct Member {
    nick: String,
    /// Tells when the screen is gone; cancelled when its owner quits.
    monitor: MonToken,
}

/// Why somebody cannot come in. It is the answer of `join`, and kills nobody.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) enum Refusal {
    /// Somebody else has that nick.
    NickInUse(String),
    /// That is no nick.
    BadNick(String),
}

#[rcv]
impl Room {
    /// Comes in; the answer is who else is there.
    pub(crate) fn join(
        &mut self,
        ctx: &mut Ctx<Self>,
        screen: ScreenRef,
        nick: String,
    ) -> Result<Vec<String>, Refusal> {
        if !is_nick(&nick) {
            return Err(Refusal::BadNick(nick));
        }
        if self.members.iter().any(|(other, member)| *other != screen && member.nick == nick) {
            return Err(Refusal::NickInUse(nick));
        }
        // The same screen again: it missed our first answer.
        self.remove(&screen);
        let others = self.who();
        println!("{nick} has joined");
        self.members.keys().for_each(|other| other.joined(&nick));
        let gone = screen.clone();
        let monitor = ctx.mon(&screen, move |room, _, why| room.left(&gone, &why));
        self.members.insert(screen, Member { nick, monitor });
        Ok(others)
    }

    /// Says something to all others.
    pub(crate) fn say(&mut self, screen: ScreenRef, text: String) {
        let Some(Member { nick, .. }) = self.members.get(&screen) else {
            eprintln!("ignored: {screen} is not here and says {text:?}");
            return;
        };
        for other in self.members.keys().filter(|other| **other != screen) {
            other.said(nick, &text);
        }
    }

    /// Who is in.
    pub(crate) fn who(&self) -> Vec<String> {
        self.members.values().map(|member| member.nick.clone()).collect()
    }

    /// Goes, with a word of farewell; the answer is whether it was in.
    pub(crate) fn quit(&mut self, screen: ScreenRef, words: String) -> bool {
        let was_in = self.members.contains_key(&screen);
        self.left(&screen, &Reason::new("quit", words));
        was_in
    }

    #[rcv(skip)]
    fn left(&mut self, screen: &ScreenRef, why: &Reason) {
        let Some(nick) = self.remove(screen) else { return };
        println!("{nick} has left ({why})");
        self.members.keys().for_each(|other| other.left(&nick, why.clone()));
    }

    #[rcv(skip)]
    fn remove(&mut self, screen: &ScreenRef) -> Option<String> {
        let Member { nick, monitor } = self.members.remove(screen)?;
        monitor.cancel();
        Some(nick)
    }
}

/// Whether the text can be a nick: short, and without anything that could pass for something else.
fn is_nick(text: &str) -> bool {
    (1..=16).contains(&text.chars().count())
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NickInUse(nick) => write!(f, "the nick {nick:?} is in use, choose another one"),
            Self::BadNick(nick) => write!(
                f,
                "{nick:?} is no nick: at most 16 letters, digits, hyphens and underscores"
            ),
        }
    }
}
