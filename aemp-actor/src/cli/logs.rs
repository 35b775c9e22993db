//! The log of the command's own node, and what it says of seeds.

use std::sync::Arc;

use tokio::sync::watch;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use super::Output;
use super::output::{Stderr, colours};
use crate::log;

/// The last problem with a seed.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeedProblem {
    pub(crate) text: String,
    /// Somebody has to change a configuration.
    pub(crate) permanent: bool,
}

/// Sets the log up, on standard error: as `AEMP_LOG` says, else by how often `--verbose` was
/// given. Gives what is said of seeds.
pub(crate) fn set_up(verbose: u8) -> watch::Receiver<SeedProblem> {
    let default = match verbose {
        0 => "off",
        1 => "aemp=info",
        _ => "aemp=debug",
    };
    let filter = of_variable().unwrap_or_else(|| EnvFilter::new(default));
    let (sender, receiver) = watch::channel(SeedProblem::default());
    let log = tracing_subscriber::fmt::layer()
        .with_ansi(colours(&std::io::stderr()))
        .with_writer(Stderr::new)
        .with_filter(filter);
    let seeds = Seeds(Arc::new(sender));
    // A program that embeds the command may have a log already: then that is the log.
    drop(tracing_subscriber::registry().with(log).with(seeds).try_init());
    receiver
}

/// Sets up the log of a node that runs as a service: up to this level of the reference's to
/// standard error, with every message or without, as JSON or for people, all of it to nodes that
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

/// Listens for what the node says of seeds.
struct Seeds(Arc<watch::Sender<SeedProblem>>);

impl<S: Subscriber> Layer<S> for Seeds {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != "aemp" {
            return;
        }
        let mut problem = SeedProblem::default();
        event.record(&mut problem);
        if let Some(text) = problem.text.strip_prefix("seed: ") {
            problem.text = text.strip_suffix("; trying again").unwrap_or(text).to_owned();
            self.0.send_replace(problem);
        }
    }
}

impl Visit for SeedProblem {
    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "permanent" {
            self.permanent = value;
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.text = format!("{value:?}");
        }
    }
}
