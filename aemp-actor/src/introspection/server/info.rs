//! `aemp::info`.

use super::process;
use super::question::Question;
use crate::introspection::{NodeInfo, VERSION};
use crate::node::Core;

#[expect(clippy::unnecessary_wraps)]
pub(super) fn answer(question: &Question<'_>) -> Result<(), String> {
    question.answer(of(question.core));
    Ok(())
}

fn of(core: &Core) -> NodeInfo {
    NodeInfo {
        node: core.id().clone(),
        software: env!("CARGO_PKG_NAME").into(),
        version: env!("CARGO_PKG_VERSION").into(),
        introspection: vec![VERSION],
        uptime: core.started().elapsed(),
        listeners: core.listeners().lock().iter().map(ToString::to_string).collect(),
        ports: core.registry().len() as u64,
        handled: core.counters().handled(),
        dropped: core.counters().snapshot(),
        groups: core.mesh().groups(|groups| groups.names().len()) as u64,
        watched: core.restarter().is_some(),
        process: process::info(),
    }
}
