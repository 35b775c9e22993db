//! The log of the command's own node.

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use super::Output;
use super::output::{Stderr, colours};
use aemp_actor::log;

/// Sets the log up, on standard error: as `AEMP_LOG` says, else by how often `--verbose` was
/// given.
pub(crate) fn set_up(verbose: u8) {
    let default = match verbose {
        0 => "off",
        1 => "aemp=info",
        _ => "aemp=debug",
    };
    let filter = of_variable().unwrap_or_else(|| EnvFilter::new(default));
    let log = tracing_subscriber::fmt::layer()
        .with_ansi(colours(&std::io::stderr()))
        .with_writer(Stderr::new)
        .with_filter(filter);
    // A program that embeds the command may have a log already: then that is the log.
    drop(tracing_subscriber::registry().with(log).try_init());
}

/// Sets up the log of a node that runs as a service: up to this level of the Perl implementation's
/// to standard error, with every message or without, as JSON or for people, all of it to nodes that
/// catch it.
pub(crate) fn of_node(verbosity: u8, traces: bool, json: bool) {
    let filter = of_variable().unwrap_or_else(|| {
        let filter = EnvFilter::default().add_directive(log::verbosity(verbosity).into());
        let messages = format!("{}=trace", log::MESSAGES).parse();
        if traces { filter.add_directive(messages.expect("a filter")) } else { filter }
    });
    let shown = tracing_subscriber::fmt::layer().with_writer(Stderr::new);
    let shown = match json {
        true => shown.json().flatten_event(true).boxed(),
        false => shown.with_ansi(colours(&std::io::stderr())).boxed(),
    };
    let shown = shown.with_filter(filter);
    // A program that embeds the command may have a log already: then that is the log.
    drop(tracing_subscriber::registry().with(shown).with(log::layer()).try_init());
}

/// The filter of `AEMP_LOG`; one that cannot be understood is told of.
fn of_variable() -> Option<EnvFilter> {
    let text = std::env::var_os("AEMP_LOG").filter(|text| !text.is_empty())?;
    filter(&text.to_string_lossy())
        .map_err(|problem| Output::new(false).note(&format!("{problem}: it does nothing")))
        .ok()
}

/// Reads the text of `AEMP_LOG`.
pub(crate) fn filter(text: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(text)
        .map_err(|error| format!("AEMP_LOG: {text:?} is no filter such as aemp=debug: {error}"))
}
