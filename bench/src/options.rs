//! The command line.

use crate::way::Way;

/// What to print when it makes no sense.
pub(crate) const USAGE: &str = "usage: aemp-bench [local|idle|remote|all] \
     [--rounds N] [--messages N] [--requests N] [--ports N] [--only TEXT] [--way NAME]";

/// What to measure.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    All,
    Local,
    Idle,
    Remote,
    /// In a process of its own: the memory that many idle ones of this kind take.
    IdleOf(String),
    /// The other process of `remote`: connects to the node at this address.
    RemotePeer(String),
}

/// What to measure, and how often.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) command: Command,
    /// Rounds that count; one more goes before them.
    pub(crate) rounds: usize,
    /// Messages of one round.
    pub(crate) messages: usize,
    /// Requests of one round.
    pub(crate) requests: usize,
    /// Idle ports.
    pub(crate) ports: usize,
    /// Only what has this in its name.
    pub(crate) only: Option<String>,
    /// How two nodes are connected.
    pub(crate) ways: Vec<Way>,
}

impl Options {
    /// Reads the arguments after the program's name.
    pub(crate) fn from_args(args: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            command: Command::All,
            rounds: 7,
            messages: 4_000_000,
            requests: 200_000,
            ports: 1_000_000,
            only: None,
            ways: Way::ALL.to_vec(),
        };
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "all" => options.command = Command::All,
                "local" => options.command = Command::Local,
                "idle" => options.command = Command::Idle,
                "remote" => options.command = Command::Remote,
                "--idle-of" => options.command = Command::IdleOf(value()?),
                "--remote-peer" => options.command = Command::RemotePeer(value()?),
                "--rounds" => options.rounds = number(&arg, &value()?)?,
                "--messages" => options.messages = number(&arg, &value()?)?,
                "--requests" => options.requests = number(&arg, &value()?)?,
                "--only" => options.only = Some(value()?),
                "--way" => options.ways = vec![way(&value()?)?],
                "--ports" => options.ports = number(&arg, &value()?)?,
                _ => return Err(format!("unknown argument {arg:?}")),
            }
        }
        Ok(options)
    }

    /// Whether to measure what has this name.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(only.as_str()))
    }
}

fn way(name: &str) -> Result<Way, String> {
    Way::named(name).ok_or_else(|| {
        let all: Vec<&str> = Way::ALL.iter().map(|way| way.name()).collect();
        format!("--way: {name:?} is none of {}", all.join(", "))
    })
}

fn number(arg: &str, text: &str) -> Result<usize, String> {
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    match plain.parse() {
        Ok(0) | Err(_) => Err(format!("{arg}: {text:?} is no number above 0")),
        Ok(number) => Ok(number),
    }
}
