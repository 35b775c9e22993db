//! What can be typed at the prompt.

use crate::cli::{Connection, Failure, looking, messages};
use crate::id::PortId;
use crate::reason::Reason;

use super::reader::Printer;

/// A command: its name, its arguments for the help, what it does.
pub(crate) const COMMANDS: &[(&str, &str, &str)] = &[
    ("snd", "PORT ARGUMENT…", "send a message"),
    ("cal", "PORT ARGUMENT…", "send a request, print the answer"),
    ("mon", "PORT", "print why a port died, when it dies"),
    ("kil", "PORT REASON…", "kill a port"),
    ("spawn", "NODE FUNCTION ARGUMENT…", "create a port on a node, print its ID"),
    ("eval", "NODE CODE…", "run Perl code on a node of the reference"),
    ("nodes", "", "show the nodes"),
    ("groups", "[GROUP]", "show the groups and their members"),
    ("trace", "NODE", "show who is connected to whom"),
    ("me", "", "show the ID of the shell's own port"),
    ("help", "", "show this"),
    ("quit", "", "end the shell; so does ctrl-d"),
];

/// What comes after a command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Next {
    Prompt,
    End,
}

/// What the commands of a shell have in common.
pub(crate) struct Scope<'a> {
    pub(crate) connection: &'a Connection,
    /// The shell's own port.
    pub(crate) me: PortId,
    /// The node that a port ID without a node is on.
    pub(crate) node: Option<String>,
    pub(crate) printer: Printer,
}

impl Scope<'_> {
    /// Carries out one line.
    pub(crate) async fn run(&self, words: &[String]) -> Result<Next, Failure> {
        let Some((name, words)) = words.split_first() else { return Ok(Next::Prompt) };
        let words: Vec<String> = words.iter().map(|word| self.meant(word)).collect();
        let first = || {
            let missing = || Failure::Usage(format!("{name} needs an argument: see help"));
            words.first().ok_or_else(missing)
        };
        let rest = words.get(1..).unwrap_or_default();
        match name.as_str() {
            "snd" | "send" => messages::snd(self.connection, first()?, rest).await?,
            "cal" => messages::cal(self.connection, first()?, rest).await?,
            "mon" => self.mon(first()?)?,
            "kil" => messages::kil(self.connection, first()?, rest).await?,
            "spawn" => {
                let missing =
                    || Failure::Usage("the name of an init function is missing".to_owned());
                let (init, args) = rest.split_first().ok_or_else(missing)?;
                messages::spawn(self.connection, first()?, init, args).await?;
            }
            "eval" => messages::eval(self.connection, first()?, &rest.join(" ")).await?,
            "nodes" => looking::nodes(self.connection).await?,
            "groups" => looking::groups(self.connection, words.first())?,
            "trace" => looking::trace(self.connection, first()?).await?,
            "me" => self.connection.output().line(&self.me.to_string()),
            "help" => self.help(),
            "quit" | "exit" => return Ok(Next::End),
            other => {
                return Err(Failure::Usage(format!("there is no command {other}: see help")));
            }
        }
        Ok(Next::Prompt)
    }

    /// `$me` is the shell's port, `#NAME` a port of its node.
    fn meant(&self, word: &str) -> String {
        match (word, &self.node) {
            ("$me", _) => self.me.to_string(),
            (word, Some(node)) if word.starts_with('#') => format!("{node}{word}"),
            (word, _) => word.to_owned(),
        }
    }

    /// Does not wait: the prompt comes back.
    fn mon(&self, port: &str) -> Result<(), Failure> {
        let port = self.connection.port(port)?;
        let (printer, name) = (self.printer.clone(), port.clone());
        self.connection.node.mon(&port, move |reason: Reason| {
            printer.print(&format!("{name} died: {reason}"));
        });
        Ok(())
    }

    fn help(&self) {
        for (name, arguments, about) in COMMANDS {
            let usage = format!("{name} {arguments}");
            self.connection.output().line(&format!("{usage:32}{about}"));
        }
        let text = "\n$me is this shell's own port, whose messages are printed; what begins with\n\
                    [, { or \" is JSON.";
        self.connection.output().line(text);
    }
}
