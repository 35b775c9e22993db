//! From `tracing` to those who catch.

use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::Context;

use super::{forwarding, level_number};

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
        let mut text = Text(format!("{}: ", event.metadata().target()));
        event.record(&mut text);
        forwarding::tell(level, text.0);
    }
}

/// The message, and the other fields after it.
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a text does not fail.
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}
