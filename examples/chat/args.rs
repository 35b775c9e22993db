//! The command line of the chat.

use aemp_actor::generate_secret;

/// What to do, and with which secret.
pub(crate) struct Args {
    pub(crate) command: Command,
    pub(crate) secret: String,
    /// The secret is a new one, which the clients have to be told.
    pub(crate) is_new: bool,
}

/// One of the two programs in one.
pub(crate) enum Command {
    /// Holds the room.
    Server {
        /// Where to listen.
        bind: String,
    },
    /// Sits in it.
    Client {
        /// The name to be known by.
        nick: String,
        /// Where the server listens.
        seed: String,
    },
}

/// How the program is called.
pub(crate) const USAGE: &str = "\
usage: chat server [--bind HOST:PORT]
       chat client NICK [--seed HOST:PORT]

  --bind HOST:PORT   where the server listens; port 0 takes a free one (127.0.0.1:4040)
  --seed HOST:PORT   where the client finds the server (127.0.0.1:4040)

AEMP_SECRET in the environment is what the server and its clients share; a server without makes a new one.
";

const ADDRESS: &str = "127.0.0.1:4040";

impl Args {
    /// Reads the command line, without the program's name.
    ///
    /// # Errors
    /// A text that says what is wrong with it.
    pub(crate) fn read(args: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut args = args.into_iter();
        let (mut words, mut bind, mut seed) = (Vec::new(), None, None);
        while let Some(arg) = args.next() {
            let option = match arg.as_str() {
                "--bind" => &mut bind,
                "--seed" => &mut seed,
                _ if arg.starts_with('-') => return Err(format!("there is no option {arg}")),
                _ => {
                    words.push(arg);
                    continue;
                }
            };
            *option = Some(args.next().ok_or_else(|| format!("{arg} needs a value"))?);
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let command = match (words.as_slice(), bind, seed) {
            (["server"], bind, None) => {
                Command::Server { bind: bind.unwrap_or_else(|| ADDRESS.to_owned()) }
            }
            (["client", nick], None, seed) => Command::Client {
                nick: (*nick).to_owned(),
                seed: seed.unwrap_or_else(|| ADDRESS.to_owned()),
            },
            (["server"], _, Some(_)) => return Err("--seed is for clients".to_owned()),
            (["client", _], Some(_), _) => return Err("--bind is for servers".to_owned()),
            (["client"], ..) => return Err("a client needs a nick".to_owned()),
            ([], ..) => return Err("server or client?".to_owned()),
            (["server", more, ..] | ["client", _, more, ..], ..) => {
                return Err(format!("{more:?} is too much"));
            }
            ([other, ..], ..) => return Err(format!("{other:?} is neither server nor client")),
        };
        let known = std::env::var("AEMP_SECRET").ok().filter(|secret| !secret.is_empty());
        match (known, &command) {
            (Some(secret), _) => Ok(Self { command, secret, is_new: false }),
            (None, Command::Server { .. }) => {
                Ok(Self { command, secret: generate_secret(), is_new: true })
            }
            (None, Command::Client { .. }) => {
                Err("no secret: set AEMP_SECRET, as the server says".to_owned())
            }
        }
    }
}
