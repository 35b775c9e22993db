//! `aemp::groups`.

use super::question::Question;
use crate::group::GroupTable;
use crate::introspection::{GroupInfo, GroupPage, GroupQuery};

/// Members that are named.
const NAMED: usize = 100;

pub(super) fn answer(question: &Question<'_>) -> Result<(), String> {
    let query: GroupQuery = question.arg(0)?;
    question.answer(question.core.mesh().groups(|groups| look(groups, &query)));
    Ok(())
}

fn look(table: &GroupTable, query: &GroupQuery) -> GroupPage {
    let names = table.names();
    let (total, filter) = (names.len() as u64, query.filter());
    let mut wanted: Vec<String> =
        names.into_iter().filter(|name| query.takes(&filter, name)).collect();
    wanted.sort();
    let more = wanted.len().saturating_sub(query.most()) as u64;
    wanted.truncate(query.most());
    let next = wanted.last().filter(|_| more > 0).cloned();
    let groups = wanted.into_iter().map(|name| {
        let mut ports = table.members(&name);
        let members = ports.len() as u64;
        ports.truncate(NAMED);
        GroupInfo { name, members, ports }
    });
    GroupPage { total, groups: groups.collect(), more, next }
}
