//! `aemp::ports`.

use std::sync::Arc;

use super::question::Question;
use super::selection::{self, First};
use crate::introspection::{PortInfo, PortOrder, PortPage, PortQuery};
use crate::node::Core;
use crate::port::AnyCell;

/// With more ports than this the answer is made on a thread for long work.
const MANY: usize = 10_000;

pub(super) fn answer(question: &Question<'_>) -> Result<(), String> {
    let query: PortQuery = question.arg(0)?;
    let core = question.core.clone();
    if core.registry().len() <= MANY {
        question.answer(look(&core, &query));
        return Ok(());
    }
    let asker = question.later();
    let runtime = core.runtime().clone();
    runtime.spawn_blocking(move || asker.answer(look(&core, &query)));
    Ok(())
}

fn look(core: &Core, query: &PortQuery) -> PortPage {
    let total = core.registry().len() as u64;
    let (ports, more) = match query.by() {
        PortOrder::Name => by_name(core, query),
        order => by_size(core, query, order),
    };
    selection::page(query.by(), total, ports, more)
}

/// In memory for one page: the registry is only read for names and kinds.
fn by_name(core: &Core, query: &PortQuery) -> (Vec<PortInfo>, bool) {
    let filter = query.filter();
    let mut first = First::new(query.most());
    core.registry().each(|cell| {
        let name = cell.name();
        if query.is_after(name) && (filter.takes(name) || filter.takes(cell.kind())) {
            first.add(name.clone(), cell.clone());
        }
    });
    let (cells, more) = first.into_sorted();
    (cells.iter().map(info).collect(), more)
}

/// All ports have to be looked at: that is done without the registry's locks.
fn by_size(core: &Core, query: &PortQuery, order: PortOrder) -> (Vec<PortInfo>, bool) {
    let filter = query.filter();
    let mut cells = Vec::with_capacity(core.registry().len());
    core.registry().each(|cell| cells.push(cell.clone()));
    let mut first = First::new(query.most());
    for cell in cells {
        if filter.takes(cell.name()) || filter.takes(cell.kind()) {
            let port = info(&cell);
            first.add(selection::key(order, &port), port);
        }
    }
    first.into_sorted()
}

fn info(cell: &Arc<dyn AnyCell>) -> PortInfo {
    let facts = cell.facts();
    PortInfo {
        name: cell.name().to_string(),
        kind: cell.kind().into(),
        state: facts.state,
        waiting: facts.waiting as u64,
        octets: facts.octets as u64,
        watchers: facts.watchers as u64,
        handled: facts.handled,
    }
}
