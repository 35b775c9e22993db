//! The whole command.

use std::process::ExitCode;

use clap::Command;
use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;

use super::command_line::{LineCommand, Typed};
use super::file::{FileCommand, ProfileCommand};
use super::network_commands::NetworkCommand;
use super::settings::Settings;
use super::{Failure, NetworkConnection, Options, Output};
use super::{
    chain, check, command_line, completing, connection, new, program_name, progress, run, shell,
    stdout, suggestion, words,
};
use aemp_actor::Config;
use aemp_actor::profile::{Profiles, Variables, locate, nearest};
use serde_json::json;

/// Reads the command line of the process and carries it out. Give its result to the system:
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     aemp_cli::main()
/// }
/// ```
///
/// It sets up its own runtime and its own log (`--verbose`, or the environment variable
/// `AEMP_LOG`, which has a filter such as `aemp=debug`).
///
/// # Panics
/// Inside of a tokio runtime.
pub fn main() -> ExitCode {
    main_with(Config::new())
}

/// [`main`] for a program whose nodes need more than a profile can say: functions to
/// [register](Config::register), a transport of its own. For the nodes that `run` runs these
/// settings are defaults: what a profile has counts above them. The other commands, whose node is
/// not the program's, do not use them.
///
/// ```no_run
/// use aemp_actor::{Config, FunctionCall};
///
/// fn main() -> std::process::ExitCode {
///     let greet = |call: FunctionCall| println!("{}: {}", call.node.id(), call.message);
///     aemp_cli::main_with(Config::new().register("Demo::greet", greet))
/// }
/// ```
///
/// # Panics
/// Inside of a tokio runtime.
pub fn main_with(defaults: Config) -> ExitCode {
    let words: Result<Vec<String>, _> =
        std::env::args_os().skip(1).map(std::ffi::OsString::into_string).collect();
    let outcome = match words {
        Ok(words) => words::of_line(words).and_then(|words| all(words, &defaults)),
        Err(word) => Err(Failure::Usage(format!("an argument is not UTF-8: {}", word.display()))),
    };
    let outcome = match outcome {
        // Help was asked for.
        Err(Failure::Said(0)) => Ok(()),
        other => other,
    };
    match outcome.and_then(|()| stdout::outcome()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !matches!(failure, Failure::Said(_)) {
                Output::new(false).note(&failure.to_string());
            }
            failure.exit_code()
        }
    }
}

/// One command of the line.
struct Step {
    /// With the options before it.
    words: Vec<String>,
    options: Options,
    /// `--profile` stands on the command line: it may come from the environment.
    says_profile: bool,
    command: Typed,
}

/// The commands of the line; what cannot be understood, or is a question for help, is said.
fn steps(words: Vec<String>) -> Result<Vec<Step>, Failure> {
    let command = command_line::command().arg(command_line::watched());
    let read = |words: Vec<String>| {
        let line = std::iter::once(program_name()).chain(words.iter().cloned());
        let matches = command.clone().try_get_matches_from(line)?;
        Ok(Step {
            words,
            options: Options::of(&matches),
            says_profile: matches.value_source("profile") == Some(ValueSource::CommandLine),
            command: Typed::of(&matches)?,
        })
    };
    let steps: Result<_, clap::Error> =
        chain::split(&command, words).into_iter().map(read).collect();
    steps.map_err(|error| {
        let error = suggesting(&command, error);
        stdout::note(error.print());
        Failure::Said(error.exit_code().try_into().unwrap_or(2))
    })
}

/// Suggests the one command that was probably meant, by its name: clap has all that are similar, with
/// those of every setting among them.
fn suggesting(command: &Command, mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand) else {
        return error;
    };
    let names = command.get_subcommands().filter(|command| !command.is_hide_set());
    let settings = command.get_subcommands().filter(|command| command.is_hide_set());
    let meant = suggestion::command(name, names.flat_map(Command::get_name_and_visible_aliases));
    let settings = settings.map(Command::get_name).filter(|name| !name.starts_with('_'));
    match meant.or_else(|| nearest(name, settings)) {
        Some(meant) => {
            let meant = ContextValue::Strings(vec![meant.to_owned()]);
            error.insert(ContextKind::SuggestedSubcommand, meant);
        }
        None => drop(error.remove(ContextKind::SuggestedSubcommand)),
    }
    error
}

fn all(words: Vec<String>, defaults: &Config) -> Result<(), Failure> {
    // All are understood before the first is carried out.
    let steps = steps(words)?;
    let mut file = File { steps: &steps, settings: None };
    for step in &steps {
        match &step.command {
            Typed::Key(command) => file.settings(step)?.change(command)?,
            Typed::Line(LineCommand::File(FileCommand::Profile(command))) => {
                file.settings(step)?.run(command, &step.options)?;
            }
            Typed::Line(LineCommand::File(FileCommand::Check)) => {
                // What is checked is the file as the commands before have made it.
                file.save()?;
                check::run(&step.options)?;
            }
            Typed::Line(LineCommand::New(arguments)) => new::run(arguments, step.options.json)?,
            Typed::Line(LineCommand::Completions { shell }) => completing::script(*shell),
            Typed::Line(LineCommand::Complete { words }) => completing::run(words),
            Typed::Line(LineCommand::Version) => version(&step.options),
            Typed::Line(LineCommand::Run(arguments)) => {
                let (options, profile) = file.leave(step)?;
                run::run(arguments, &options, defaults, again(&step.words, profile))?;
            }
            Typed::Line(LineCommand::Shell { node }) => {
                let (options, _) = file.leave(step)?;
                join(&options, async |client| shell::run(client, node.as_ref()).await)?;
            }
            Typed::Line(LineCommand::Network(command)) => {
                let (options, _) = file.leave(step)?;
                if matches!(command, NetworkCommand::Doctor) {
                    check::before_joining(&options)?;
                }
                join(&options, async |client| carry_out(command, client).await)?;
            }
        }
    }
    file.save()
}

/// The configuration file, which is opened by the first command that needs it.
struct File<'a> {
    steps: &'a [Step],
    settings: Option<Settings>,
}

impl File<'_> {
    /// The file, in the profile that `--profile` names.
    fn settings(&mut self, step: &Step) -> Result<&mut Settings, Failure> {
        let settings = match self.settings.take() {
            Some(settings) => settings,
            None => self.open(&step.options)?,
        };
        let settings = self.settings.insert(settings);
        if let Some(profile) = step.options.profile.as_ref().filter(|_| step.says_profile) {
            settings.choose(profile)?;
        }
        Ok(settings)
    }

    /// Opens it, for this process alone if a command of the line is to change it.
    fn open(&self, options: &Options) -> Result<Settings, Failure> {
        let selects = |step: &Step| {
            let profile =
                |command: &ProfileCommand| matches!(command, ProfileCommand::Profile { .. });
            step.command.profile_command().is_some_and(profile)
        };
        let changes = |step: &Step| match &step.command {
            Typed::Key(_) => true,
            // To be in a profile is not to change it; to end with that is to make one.
            _ if selects(step) => false,
            other => other.profile_command().is_some_and(|command| !command.only_shows()),
        };
        let profiles = if self.steps.iter().any(changes) || self.steps.last().is_some_and(selects) {
            Profiles::open_to_change(options.timeout())?
        } else {
            Profiles::open()?
        };
        Ok(Settings::new(profiles))
    }

    fn save(&mut self) -> Result<(), Failure> {
        self.settings.as_mut().map_or(Ok(()), Settings::save)
    }

    /// Closes it for a command that joins the network or runs a node: others may change it from now
    /// on. Gives the options of the command, and the profile that was selected for it.
    fn leave(&mut self, step: &Step) -> Result<(Options, Option<String>), Failure> {
        let profile = self.settings.take().map(Settings::leave).transpose()?.flatten();
        let profile = profile.filter(|_| !step.says_profile);
        Ok((with_profile(step.options.clone(), profile.as_ref()), profile))
    }
}

/// `aemp profile NAME cal …` is `aemp --profile NAME cal …`: it counts above `AEMP_PROFILE`.
fn with_profile(mut options: Options, profile: Option<&String>) -> Options {
    if profile.is_some() {
        options.profile = profile.cloned();
    }
    options
}

/// The line that carries a command out again, without those before it, in the profile they chose.
fn again(words: &[String], profile: Option<String>) -> Vec<String> {
    let profile = profile.map(|name| format!("--profile={name}"));
    profile.into_iter().chain(words.iter().cloned()).collect()
}

fn version(options: &Options) {
    let (name, output) = (program_name(), Output::new(options.json));
    let path = locate(&Variables::of_process()).ok();
    match output.json {
        true => output.json(&json!({
            "program": name,
            "version": env!("CARGO_PKG_VERSION"),
            "configuration": path,
        })),
        false => {
            output.line(&format!("{name} {}", command_line::version(&name)));
            let path = path.map_or_else(|| "nowhere".to_owned(), |path| path.display().to_string());
            output.line(&format!("configuration: {path}"));
        }
    }
}

/// Joins the network, and leaves it when `work` is done.
pub(crate) fn join(
    options: &Options,
    work: impl AsyncFnOnce(&NetworkConnection) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let plan = connection::JoinPlan::new(options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::Failed(format!("no runtime: {error}")))?;
    runtime.block_on(async {
        let connection = plan.connect().await?;
        let done = work(&connection).await;
        connection.end().await;
        done
    })
}

async fn carry_out(
    command: &NetworkCommand,
    connection: &NetworkConnection,
) -> Result<(), Failure> {
    let options = &connection.options;
    // Some never give up unless they are told to.
    let limit = if command.is_endless() { options.timeout } else { Some(options.timeout()) };
    let (title, done) = (command.title(), command.carry_out(connection));
    tokio::select! {
        biased;
        done = progress::during(&title, limit, options, done) => done,
        () = stdout::lost(), if command.only_prints() => Ok(()),
    }
}
