//! The commands that need a network, by their names: for the command line and the shell's prompt.

use clap::ArgMatches;

use super::{Connection, Failure, looking, messages, operating};

/// Carries one out.
///
/// # Cancel safety
/// Dropped, the command is given up; what it sent was sent.
pub(crate) async fn carry_out(
    name: &str,
    arguments: &ArgMatches,
    connection: &Connection,
) -> Result<(), Failure> {
    let one = |id: &str| arguments.get_one::<String>(id).cloned().unwrap_or_default();
    let all = |id: &str| -> Vec<String> {
        arguments.get_many::<String>(id).unwrap_or_default().cloned().collect()
    };
    match name {
        "snd" => messages::snd(connection, &one("PORT"), &all("ARGUMENT")).await,
        "cal" => messages::cal(connection, &one("PORT"), &all("ARGUMENT")).await,
        "mon" => messages::mon(connection, &one("PORT")).await,
        "kil" => messages::kil(connection, &one("PORT"), &all("REASON")).await,
        "spawn" => {
            messages::spawn(connection, &one("NODE"), &one("FUNCTION"), &all("ARGUMENT")).await
        }
        "eval" => messages::eval(connection, &one("NODE"), &all("CODE").join(" ")).await,
        "trace" => looking::trace(connection, &one("NODE")).await,
        "nodes" => looking::nodes(connection).await,
        "groups" => looking::groups(connection, arguments.get_one::<String>("GROUP")),
        name if operating::knows(name) => operating::carry_out(name, arguments, connection).await,
        other => Err(Failure::Usage(format!("there is no command {other}"))),
    }
}
