//! `aemp::info`.

use std::sync::Arc;
use std::time::SystemTime;

use super::process;
use super::question::Question;
use crate::introspection::{NodeInfo, VERSION};
use crate::node::{Core, Node};

#[expect(clippy::unnecessary_wraps)]
pub(super) fn answer(question: &Question<'_>) -> Result<(), String> {
    question.answer(of(question.core));
    Ok(())
}

/// Other nodes that are told of.
const PEERS: usize = 10_000;

fn of(core: &Arc<Core>) -> NodeInfo {
    NodeInfo {
        node: core.id().clone(),
        software: env!("CARGO_PKG_NAME").into(),
        version: env!("CARGO_PKG_VERSION").into(),
        introspection: vec![VERSION],
        uptime: core.started().elapsed(),
        time: SystemTime::UNIX_EPOCH + core.environment().time_of_day(),
        listeners: core.listeners().iter().map(ToString::to_string).collect(),
        ports: core.registry().len() as u64,
        handled: core.counters().handled(),
        dropped: core.counters().snapshot(),
        groups: core.network().mesh().groups(crate::group::GroupTable::len) as u64,
        peers: Node::of_core(core).peers().into_iter().take(PEERS).collect(),
        watched: core.restarter().is_some(),
        process: process::info(),
    }
}
