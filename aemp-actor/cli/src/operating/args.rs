//! Their arguments.

use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Arg, ArgMatches, Command, value_parser};

use crate::run;
use crate::top::Column;
use aemp_actor::log::level_named;

/// The commands.
pub(crate) fn commands() -> Vec<Command> {
    let node = || Arg::new("NODE").required(true).help("A node ID");
    let count = || {
        Arg::new("count")
            .short('n')
            .long("count")
            .value_name("N")
            .value_parser(value_parser!(u64).range(1..))
            .help("End after so many")
    };
    vec![
        Command::new("info").about("Show what a node tells of itself").arg(node()),
        Command::new("ports")
            .about("Show the ports of a node")
            .args([node(), Arg::new("PATTERN").help("Only those whose name or kind matches: *, ?")])
            .arg(
                Arg::new("sort")
                    .long("sort")
                    .value_name("ORDER")
                    .value_parser([
                        PossibleValue::new("name"),
                        PossibleValue::new("waiting"),
                        PossibleValue::new("bytes").alias("octets"),
                        PossibleValue::new("handled"),
                    ])
                    .default_value("name")
                    .help("Which come first"),
            )
            .arg(
                Arg::new("limit")
                    .long("limit")
                    .value_name("N")
                    .value_parser(value_parser!(u64).range(1..=10_000))
                    .default_value("100")
                    .help("How many"),
            ),
        Command::new("functions")
            .about("Show what can be spawned and called on a node")
            .arg(node()),
        top(),
        Command::new("tap")
            .about("Show the messages that a port is sent")
            .args([Arg::new("PORT").required(true).help("A port ID: NODE#PORT"), count()]),
        Command::new("log")
            .about("Show the log of all nodes")
            .arg(
                Arg::new("LEVEL")
                    .value_parser(level_named)
                    .default_value("7")
                    .help("Up to this level: 4 error, 5 warn, 7 info, 8 debug, 9 trace"),
            )
            .arg(count()),
        bench(node()),
        Command::new("restart")
            .about("Have a node restarted by its watchdog, wait until it is back")
            .arg(node()),
        run::command(),
    ]
}

fn bench(node: Arg) -> Command {
    Command::new("bench")
        .about("Measure round trips to a node, and throughput")
        .arg(node)
        .arg(
            Arg::new("messages")
                .long("messages")
                .value_name("N")
                .value_parser(value_parser!(u64).range(1..))
                .default_value("10000")
                .help("How many are sent"),
        )
        .arg(
            Arg::new("size")
                .long("size")
                .value_name("BYTES")
                .value_parser(value_parser!(u64).range(0..=1 << 20))
                .default_value("100")
                .help("Bytes in each"),
        )
}

fn top() -> Command {
    Command::new("top")
        .about("Show the load of all nodes, live")
        .arg(
            Arg::new("interval")
                .short('d')
                .long("interval")
                .value_name("SECONDS")
                .value_parser(crate::args::seconds)
                .default_value("1")
                .help("How often the nodes are asked"),
        )
        .arg(
            Arg::new("sort")
                .long("sort")
                .value_name("COLUMN")
                .value_parser(Column::NAMES)
                .default_value("handled")
                .help("The column by which the nodes are sorted"),
        )
        .arg(
            Arg::new("once")
                .long("once")
                .action(clap::ArgAction::SetTrue)
                .help("Print one table and end; with --json that is what is done"),
        )
}

/// What `top` was told: interval, column, once.
pub(crate) fn top_options(arguments: &ArgMatches) -> (Duration, Column, bool) {
    let interval = arguments.get_one("interval").copied().unwrap_or(Duration::from_secs(1));
    let column = arguments.get_one::<String>("sort").and_then(|name| Column::find(name));
    (interval, column.unwrap_or_default(), arguments.get_flag("once"))
}
