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

/// Only those of the page are looked into.
fn by_name(core: &Core, query: &PortQuery) -> (Vec<PortInfo>, u64) {
    let mut first = First::new(query.most());
    for cell in wanted(core, query) {
        if query.is_after(cell.name()) {
            first.add(cell.name().clone(), cell);
        }
    }
    let (cells, more) = first.into_sorted();
    (cells.iter().map(|cell| info(core, cell)).collect(), more)
}

fn by_size(core: &Core, query: &PortQuery, order: PortOrder) -> (Vec<PortInfo>, u64) {
    let mut first = First::new(query.most());
    for cell in wanted(core, query) {
        let port = info(core, &cell);
        first.add(selection::key(order, &port), port);
    }
    first.into_sorted()
}

/// The ports that the pattern matches.
fn wanted(core: &Core, query: &PortQuery) -> impl Iterator<Item = Arc<dyn AnyCell>> {
    let filter = query.filter();
    let cells = core.registry().parts().flatten();
    cells.filter(move |cell| {
        let takes = |name: &str| filter.takes(name);
        takes(cell.name()) || takes(cell.kind()) || names(core, cell).iter().any(|name| takes(name))
    })
}

fn names(core: &Core, cell: &Arc<dyn AnyCell>) -> Vec<String> {
    core.registry().names_of(cell.name())
}

fn info(core: &Core, cell: &Arc<dyn AnyCell>) -> PortInfo {
    let facts = cell.facts();
    PortInfo {
        name: cell.name().to_string(),
        names: names(core, cell),
        kind: cell.kind().into(),
        state: facts.state,
        waiting: facts.waiting as u64,
        bytes: facts.bytes as u64,
        watchers: facts.watchers as u64,
        handled: facts.handled,
    }
}
