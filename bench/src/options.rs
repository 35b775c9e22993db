//! The command line.

/// What to print when it makes no sense.
pub(crate) const USAGE: &str = "usage: aemp-bench [local|idle|remote|all] \
     [--rounds N] [--messages N] [--requests N] [--ports N] [--only TEXT] [--transport tcp|quic]";

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
    /// What connects two nodes.
    pub(crate) transports: Vec<Way>,
}

/// A transport.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    Tcp,
    Quic,
}

impl Way {
    /// Where to listen.
    pub(crate) fn bind(self) -> &'static str {
        match self {
            Self::Tcp => "127.0.0.1:0",
            Self::Quic => "quic:127.0.0.1:0",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Quic => "QUIC",
        }
    }
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
            transports: vec![Way::Tcp, Way::Quic],
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
                "--transport" => options.transports = vec![way(&value()?)?],
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
    match name {
        "tcp" => Ok(Way::Tcp),
        "quic" => Ok(Way::Quic),
        _ => Err(format!("--transport: {name:?} is neither tcp nor quic")),
    }
}

fn number(arg: &str, text: &str) -> Result<usize, String> {
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    match plain.parse() {
        Ok(0) | Err(_) => Err(format!("{arg}: {text:?} is no number above 0")),
        Ok(number) => Ok(number),
    }
}
