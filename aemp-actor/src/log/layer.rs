//! From `tracing` to those who catch.

use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::Context;

use super::{MESSAGES, forwarding, level_number};

/// Gives log lines to nodes that catch them: see [`layer`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Layer;

/// A layer of a `tracing` subscriber that gives log lines to nodes that catch them.
///
/// ```
/// use tracing_subscriber::prelude::*;
///
/// tracing_subscriber::registry()
///     .with(aemp_actor::log::layer())
///     .with(tracing_subscriber::fmt::layer())
///     .init();
/// ```
///
/// A filter on the whole registry also decides what can be caught; one on the other layer
/// (`.with(fmt::layer().with_filter(…))`) only decides what that one shows.
pub fn layer() -> Layer {
    Layer
}

impl<S: Subscriber> tracing_subscriber::Layer<S> for Layer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = level_number(*event.metadata().level());
        if !forwarding::is_wanted(level) {
            return;
        }
        let mut text = Text { target: event.metadata().target().to_owned(), text: String::new() };
        event.record(&mut text);
        if level < level_number(Level::DEBUG) || !is_of_transport(&text.target) {
            forwarding::tell(level, format!("{}: {}", text.target, text.text));
        }
    }
}

/// Crates that say at the lower levels what becomes of each packet: to tell of that would be to
/// tell of the telling.
const TRANSPORT: [&str; 5] = [MESSAGES, "mio", "quinn", "rustls", "tokio"];

fn is_of_transport(target: &str) -> bool {
    TRANSPORT.iter().any(|name| target.starts_with(name))
}

/// The message, and the other fields after it.
struct Text {
    target: String,
    text: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a text does not fail.
        let _ = match field.name() {
            "message" => write!(self.text, "{value:?}"),
            // Of the crate `log`: said otherwise.
            name if name.starts_with("log.") => return,
            name => write!(self.text, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "log.target" => value.clone_into(&mut self.target),
            _ => self.record_debug(field, &value),
        }
    }
}
