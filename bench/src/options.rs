//! The command line.

use std::path::PathBuf;

use crate::scale::Scale;

/// What to print when it makes no sense.
pub(crate) const USAGE: &str = "usage: aemp-bench [report] [--quick] [--rounds N] [--only NAME,..] \
     [--peers NAME,..] [--json FILE] [--svg DIRECTORY] [--book FILE]
       aemp-bench render --json FILE [--svg DIRECTORY] [--book FILE]
       aemp-bench list

report measures, and prints tables. --only names suites and plots, --peers contenders, as `list` has them.
--json writes (and for render reads) all figures, --svg writes a chart of each, --book writes the table
between the markers of a page of the guide.";

/// What to do.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    /// Measure.
    Report,
    /// Write charts and tables of figures that were measured before.
    Render,
    /// Print the names of all suites and contenders.
    List,
    /// In a process of its own: one round of a suite for a contender.
    Round { suite: String, contender: String },
    /// The other process of a suite that needs two.
    Serve { contender: String },
    /// In a process of its own: one point of a plot.
    Point { plot: String, at: usize },
    /// A node of the mesh of processes, which joins at this seed.
    MeshNode { seed: String, nodes: usize },
}

/// What to do, and how much of it.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) command: Command,
    pub(crate) quick: bool,
    /// Rounds, of which medians are told: three, and two of a quick run, unless it is said.
    pub(crate) rounds: Option<usize>,
    /// Names of suites and plots; all if there are none.
    pub(crate) only: Vec<String>,
    /// Names of contenders; all if there are none.
    pub(crate) peers: Vec<String>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) svg: Option<PathBuf>,
    pub(crate) book: Option<PathBuf>,
}

impl Options {
    /// Reads the arguments after the program's name.
    pub(crate) fn from_args(args: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            command: Command::Report,
            quick: false,
            rounds: None,
            only: Vec::new(),
            peers: Vec::new(),
            json: None,
            svg: None,
            book: None,
        };
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "report" => options.command = Command::Report,
                "render" => options.command = Command::Render,
                "list" => options.command = Command::List,
                "round" => {
                    options.command = Command::Round { suite: value()?, contender: value()? };
                }
                "serve" => options.command = Command::Serve { contender: value()? },
                "point" => {
                    options.command =
                        Command::Point { plot: value()?, at: number(&arg, &value()?)? };
                }
                "mesh-node" => {
                    options.command =
                        Command::MeshNode { seed: value()?, nodes: number(&arg, &value()?)? };
                }
                "--quick" => options.quick = true,
                "--rounds" => options.rounds = Some(number(&arg, &value()?)?),
                "--only" => options.only.extend(names(&value()?)),
                "--peers" => options.peers.extend(names(&value()?)),
                "--json" => options.json = Some(value()?.into()),
                "--svg" => options.svg = Some(value()?.into()),
                "--book" => options.book = Some(value()?.into()),
                _ => return Err(format!("unknown argument {arg:?}")),
            }
        }
        Ok(options)
    }

    /// How much work a round does.
    pub(crate) fn scale(&self) -> &'static Scale {
        if self.quick { &Scale::QUICK } else { &Scale::FULL }
    }

    /// How many rounds there are.
    pub(crate) fn rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 2 } else { 3 })
    }

    /// Whether to measure the suite, or plot, of this name.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }

    /// Whether this contender takes part.
    pub(crate) fn wants_peer(&self, name: &str) -> bool {
        self.peers.is_empty() || self.peers.iter().any(|peer| peer == name)
    }
}

/// Names between commas; contenders have commas in their names, which are followed by a space.
fn names(text: &str) -> Vec<String> {
    let text = text.replace(", ", "\0");
    text.split(',').map(|name| name.replace('\0', ", ")).collect()
}

fn number(arg: &str, text: &str) -> Result<usize, String> {
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    match plain.parse() {
        Ok(0) | Err(_) => Err(format!("{arg}: {text:?} is no number above 0")),
        Ok(number) => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, Options};

    fn read(line: &str) -> Result<Options, String> {
        Options::from_args(line.split('|').map(str::to_owned))
    }

    #[test]
    fn names_may_have_commas_in_them() {
        let options =
            read("report|--peers|aemp,raw TCP, bincode, queue,xtra").expect("it is right");
        assert_eq!(options.peers, ["aemp", "raw TCP, bincode, queue", "xtra"]);
        assert!(options.wants_peer("xtra") && !options.wants_peer("kameo"));
        assert!(options.wants("ring"), "of none, all");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(read("report|--rounds|0").is_err());
        assert!(read("report|--rounds").is_err());
        assert!(read("raport").is_err());
        let options = read("point|ports|1_000").expect("it is right");
        assert_eq!(options.command, Command::Point { plot: "ports".to_owned(), at: 1000 });
    }
}
