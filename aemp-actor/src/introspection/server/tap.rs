//! `aemp::tap`.

use std::sync::{Arc, Weak};

use super::question::Question;
use crate::id::{PortId, PortName};
use crate::node::{Action, Core, MonToken, Node};
use crate::port::{AnyCell, Tap};
use crate::reason::Reason;

/// What the reader sends when it has read so many.
pub(crate) const MORE: &str = "more";

pub(super) fn answer(question: &Question<'_>) -> Result<(), String> {
    let (core, reader) = (question.core, question.reply());
    if !core.config().taps {
        return Err(format!(
            "taps are switched off on node {}: set taps (Config::taps)",
            core.id()
        ));
    }
    let name = target(core, &question.arg::<String>(0)?)?;
    let id = PortId::new(core.id().clone(), name.clone());
    if id == *reader {
        return Err("a port cannot be its own reader".into());
    }
    let cell = core.registry().find(&name).ok_or_else(|| format!("there is no port {id}"))?;
    let tap = Arc::new(Tap::new(reader.clone()));
    cell.tap(tap.clone()).map_err(|error| format!("port {id} cannot be tapped: {error}"))?;
    let port = tap_port(core, tap.clone());
    // Before the first copy.
    question.answer(&port);
    tap.open();
    let asker = question.asker().map_or_else(|| core.id().to_string(), ToString::to_string);
    tracing::info!(target: "aemp", "node {asker} taps port {id}");
    end_together(core, &port, Tapped { cell: Arc::downgrade(&cell), tap }, &id, reader);
    Ok(())
}

/// The name of a port of this node, from its ID or name.
fn target(core: &Core, text: &str) -> Result<PortName, String> {
    let port = PortId::from(text);
    let name = match text.split_once('#') {
        None if text == core.id().as_str() => PortName::default(),
        None => text.into(),
        Some(_) if port.node() == core.id() => port.name().clone(),
        Some(_) => return Err(format!("port {text} is of another node")),
    };
    if PortName::is_empty(&name) {
        return Err("the node port has no mailbox that could be tapped".into());
    }
    Ok(name)
}

/// The port by which the reader grants credit.
fn tap_port(core: &Arc<Core>, tap: Arc<Tap>) -> PortId {
    let port = Node::of_core(core).port_fn(move |_, message| {
        if message.tag() == MORE
            && let Ok(copies) = message.arg(0)
        {
            tap.grant(copies);
        }
    });
    crate::port::PortRef::id(&port)
}

/// The tap ends with the tapped port, the reader, and its own port; and so do the monitors that
/// see to it.
fn end_together(core: &Arc<Core>, port: &PortId, tapped: Tapped, target: &PortId, reader: &PortId) {
    let kil = |why: fn(Reason) -> Reason| {
        let (core, port): (Weak<Core>, PortId) = (Arc::downgrade(core), port.clone());
        Action::Call(Box::new(move |reason: Reason| {
            if let Some(core) = core.upgrade() {
                core.kil(&port, why(reason));
            }
        }))
    };
    let tapped_port_died =
        |reason| Reason::new("tapped_port", format!("the tapped_port died: {reason}"));
    // Whoever reads no more ends the tap as it should end.
    let reader_died = |_| Reason::normal();
    let tokens: [MonToken; 2] =
        [core.mon(target, None, kil(tapped_port_died)), core.mon(reader, None, kil(reader_died))];
    let end = Action::Call(Box::new(move |_| {
        drop(tapped);
        tokens.iter().for_each(MonToken::cancel);
    }));
    core.mon(port, None, end);
}

/// Ends a tap.
struct Tapped {
    cell: Weak<dyn AnyCell>,
    tap: Arc<Tap>,
}

impl Drop for Tapped {
    fn drop(&mut self) {
        if let Some(cell) = self.cell.upgrade() {
            cell.untap(&self.tap);
        }
    }
}
