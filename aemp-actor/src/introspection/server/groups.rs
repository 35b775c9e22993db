//! `aemp::groups`.

use super::question::Question;
use crate::group::GroupTable;
use crate::introspection::{GroupInfo, GroupPage, GroupQuery};
use crate::node::mesh::Mesh;

/// Members that are named.
const NAMED: usize = 100;

pub(super) fn answer(question: &Question<'_>) -> Result<(), String> {
    let query: GroupQuery = question.arg(0)?;
    question.answer(look(question.core.network().mesh(), &query));
    Ok(())
}

/// The table is locked for moments only, not while names are compared.
fn look(mesh: &Mesh, query: &GroupQuery) -> GroupPage {
    let names = mesh.groups(GroupTable::names);
    let (total, filter) = (names.len() as u64, query.filter());
    let mut wanted: Vec<_> = names.into_iter().filter(|name| query.takes(&filter, name)).collect();
    let more = wanted.len().saturating_sub(query.most()) as u64;
    wanted.truncate(query.most());
    let next = wanted.last().filter(|_| more > 0).map(ToString::to_string);
    let groups = wanted.into_iter().map(|name| {
        let members = mesh.groups(|groups| groups.members(&name));
        let ports = members.iter().take(NAMED).cloned().collect();
        GroupInfo { name: name.to_string(), members: members.len() as u64, ports }
    });
    GroupPage { total, groups: groups.collect(), more, next }
}
