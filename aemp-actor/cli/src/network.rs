//! The commands that need a network, by their names: for the command line and the shell's prompt.

use std::time::Duration;

use clap::ArgMatches;

use super::{Connection, Failure, looking, messages, operating};

/// Those that go on without end, unless they are told otherwise.
pub(crate) const ENDLESS: [&str; 3] = ["mon", "tap", "log"];

/// Whether a command goes on by itself, and does nothing but print: it has no time of its own, and
/// ends with its reader.
pub(crate) fn goes_on(name: &str) -> bool {
    ENDLESS.contains(&name) || name == "top"
}

/// What waits for an answer is to say so itself: it is given so much longer than there is time.
const GRACE: Duration = Duration::from_millis(500);

/// Carries one out, within the time that it has: whatever it does, all of it together.
///
/// # Cancel safety
/// Dropped, the command is given up; what it sent was sent.
pub(crate) async fn carry_out(
    name: &str,
    arguments: &ArgMatches,
    connection: &Connection,
) -> Result<(), Failure> {
    if goes_on(name) {
        return command(name, arguments, connection).await;
    }
    let limit = connection.options.timeout();
    let connection = connection.limited(limit);
    let done = command(name, arguments, &connection);
    match tokio::time::timeout(limit.saturating_add(GRACE), done).await {
        Ok(done) => done,
        Err(_) => Err(Failure::Timeout(format!("{name} was not done within {limit:?}"))),
    }
}

async fn command(
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
        "kil" => {
            let now = arguments.get_flag("now");
            messages::kil(connection, &one("PORT"), &all("REASON"), now).await
        }
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
