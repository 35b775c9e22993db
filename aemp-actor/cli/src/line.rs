//! The whole command.

use std::process::ExitCode;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

use super::settings::Settings;
use super::{Failure, Options, Output};
use super::{
    args, chain, check, connection, network, program, progress, run, shell, stdout, words,
};
use aemp_actor::Config;
use aemp_actor::profile::{Profiles, nearest};

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
    matches: ArgMatches,
}

/// The commands of the line; what cannot be understood, or is a question for help, is said.
fn steps(words: Vec<String>) -> Result<Vec<Step>, Failure> {
    let command = args::command().arg(args::watched());
    let read = |words: Vec<String>| {
        let line = std::iter::once(program::name()).chain(words.iter().cloned());
        let matches = command.clone().try_get_matches_from(line)?;
        Ok(Step { words, matches })
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
    let names = || command.get_subcommands().filter(|command| !command.is_hide_set());
    let settings = || command.get_subcommands().filter(|command| command.is_hide_set());
    let meant = nearest(name, names().flat_map(Command::get_name_and_visible_aliases));
    match meant.or_else(|| nearest(name, settings().map(Command::get_name))) {
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
    let mut settings: Option<Settings> = None;
    for Step { words, matches } in &steps {
        let options = Options::of(matches);
        let Some((name, arguments)) = matches.subcommand() else { continue };
        match name {
            "completions" => completions(arguments),
            "check" => {
                // What is checked is the file as the commands before have made it.
                settings.as_mut().map(Settings::save).transpose()?;
                check::run(&options)?;
            }
            _ if Settings::knows(name) => {
                if settings.is_none() {
                    settings = Some(open(&steps, &options)?);
                }
                let settings = settings.as_mut().expect("it was set");
                if let Some(profile) = options.profile.as_ref().filter(|_| is_said(matches)) {
                    settings.choose(profile)?;
                }
                settings.run(name, arguments, &options)?;
            }
            _ => {
                // Others may change the file from now on.
                let profile = settings.take().map(Settings::leave).transpose()?.flatten();
                let profile = profile.filter(|_| !is_said(matches));
                let options = with_profile(options, profile.as_ref());
                match name {
                    "run" => run::run(arguments, &options, defaults, again(words, profile))?,
                    _ => join(name, arguments, &options)?,
                }
            }
        }
    }
    settings.as_mut().map_or(Ok(()), Settings::save)
}

/// The file, for itself alone if a command of the line is to change it.
fn open(steps: &[Step], options: &Options) -> Result<Settings, Failure> {
    let names = || steps.iter().filter_map(|step| step.matches.subcommand_name());
    // To be in a profile is not to change it; to end with that is to make one.
    let changes = names().any(|name| name != "profile" && Settings::changes(name));
    let profiles = if changes || names().next_back() == Some("profile") {
        Profiles::open_to_change(options.timeout())?
    } else {
        Profiles::open()?
    };
    Ok(Settings::new(profiles))
}

/// Whether `--profile` stands on the command line; it may come from the environment.
fn is_said(matches: &ArgMatches) -> bool {
    matches.value_source("profile") == Some(ValueSource::CommandLine)
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

fn completions(arguments: &ArgMatches) {
    if let Some(shell) = arguments.get_one::<clap_complete::Shell>("SHELL") {
        let mut text = Vec::new();
        clap_complete::generate(*shell, &mut args::command(), program::name(), &mut text);
        Output::new(false).line(String::from_utf8_lossy(&text).trim_end());
    }
}

fn join(name: &str, arguments: &ArgMatches, options: &Options) -> Result<(), Failure> {
    let plan = connection::Plan::new(options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::Failed(format!("no runtime: {error}")))?;
    runtime.block_on(async {
        let connection = plan.connect().await?;
        let carried_out = async {
            match name {
                "shell" => shell::run(&connection, arguments.get_one::<String>("NODE")).await,
                _ => {
                    let (what, limit) = (wait(name, arguments), limit(name, options));
                    let done = network::carry_out(name, arguments, &connection);
                    progress::during(&what, limit, options, done).await
                }
            }
        };
        let done = tokio::select! {
            biased;
            done = carried_out => done,
            () = stdout::lost(), if network::goes_on(name) => Ok(()),
        };
        connection.end().await;
        done
    })
}

/// What is waited for, as people wrote it.
fn wait(name: &str, arguments: &ArgMatches) -> String {
    let of = |id| arguments.try_get_one::<String>(id).ok().flatten();
    match of("PORT").or_else(|| of("NODE")) {
        Some(whose) => format!("{name} {whose}"),
        None => name.to_owned(),
    }
}

/// When a command gives up: some never do unless they are told to.
fn limit(name: &str, options: &Options) -> Option<Duration> {
    if network::ENDLESS.contains(&name) { options.timeout } else { Some(options.timeout()) }
}
