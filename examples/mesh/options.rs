//! The command line that the programs of a mesh share.

#![allow(dead_code, reason = "a client uses a part of it")]

use std::process::ExitCode;

use aemp_actor::{generate_secret, prelude::*};

/// What every one of them understands.
pub(crate) const OPTIONS: &str = "\
  --bind HOST:PORT   where to listen; port 0 takes a free one (127.0.0.1:0)
  --seed HOST:PORT   where some other program of the mesh listens; can be given several times

AEMP_SECRET in the environment is what they all share; who has no seed makes a new one.
";

/// A command line, read.
#[derive(Debug)]
pub(crate) struct Options {
    /// What is no option.
    pub(crate) words: Vec<String>,
    bind: Option<String>,
    seeds: Vec<String>,
    secret: String,
    /// The secret is a new one, which the others have to be told.
    is_new: bool,
}

impl Options {
    /// Reads the command line of this process.
    ///
    /// # Errors
    /// A text that says what is wrong with it.
    pub(crate) fn read() -> Result<Self, String> {
        let mut args = std::env::args().skip(1);
        let (mut words, mut bind, mut seeds) = (Vec::new(), None, Vec::new());
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--bind" => bind = Some(value()?),
                "--seed" => seeds.push(value()?),
                _ if arg.starts_with('-') => return Err(format!("there is no option {arg}")),
                _ => words.push(arg),
            }
        }
        let (secret, is_new) = match std::env::var("AEMP_SECRET") {
            Ok(secret) if !secret.is_empty() => (secret, false),
            _ if seeds.is_empty() => (generate_secret(), true),
            _ => return Err("no secret: set AEMP_SECRET, the same for all".to_owned()),
        };
        Ok(Self { words, bind, seeds, secret, is_new })
    }

    /// The settings of a node that others can dial.
    pub(crate) fn config(&self) -> Config {
        self.private_config().bind(self.bind.as_deref().unwrap_or("127.0.0.1:0"))
    }

    /// The settings of a node that dials others, and does not listen.
    pub(crate) fn private_config(&self) -> Config {
        Config::new().seeds(&self.seeds).secret(self.secret.as_str())
    }
}

/// Sets up the node, and prints where it listens; and, if the secret is a new one, how to run the
/// example `other` in another terminal, where it can be dialled.
///
/// # Errors
/// What is wrong with the settings.
pub(crate) async fn node(options: &Options, config: Config, other: &str) -> Result<Node, String> {
    let node = Node::configure(config).await.map_err(|error| error.to_string())?;
    let listeners = node.listeners();
    println!("listening on {}", listeners.join(" "));
    if let (true, Some(address)) = (options.is_new, listeners.first()) {
        let secret = &options.secret;
        println!("AEMP_SECRET={secret} cargo run --example {other} --seed {address}");
    }
    Ok(node)
}

/// Says what is wrong with the command line.
pub(crate) fn misused(program: &str, problem: &str, usage: &str) -> ExitCode {
    eprint!("{program}: {problem}\n\n{usage}\n{OPTIONS}");
    ExitCode::from(2)
}

/// The end of the program.
pub(crate) fn ended(program: &str, end: Result<(), String>) -> ExitCode {
    match end {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{program}: {problem}");
            ExitCode::FAILURE
        }
    }
}
