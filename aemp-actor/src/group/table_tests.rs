//! Tests of the table of groups.

use proptest::prelude::*;

use super::*;

fn registered(entries: &[(&str, &[&str])]) -> Registrations {
    let ports = |ids: &[&str]| ids.iter().map(|id| PortId::from(*id)).collect();
    entries.iter().map(|(group, ids)| ((*group).to_owned(), ports(ids))).collect()
}

/// A table whose groups `g` and `h` are watched.
fn watched() -> GroupTable {
    let mut table = GroupTable::new(1000);
    table.watch("g");
    table.watch("h");
    table
}

fn changes(table: &mut GroupTable) -> Vec<GroupChange> {
    table.take_changes().collect()
}

#[test]
fn a_change_is_told_once() {
    let (mut table, port) = (watched(), PortId::from("a#1"));
    assert_eq!(table.add("g", port.clone()), Ok(()));
    assert_eq!(table.add("g", port.clone()), Err(Refused::Twice));
    assert!(table.remove("g", &port) && !table.remove("g", &port));
    let told = changes(&mut table);
    let counts =
        |change: &GroupChange| (change.ports.len(), change.added.len(), change.removed.len());
    assert_eq!(told.iter().map(counts).collect::<Vec<_>>(), [(1, 1, 0), (0, 0, 1)]);
    assert!(table.names().is_empty(), "an empty group leaves nothing behind");
    assert!(table.registered.is_empty());
    for group in ["g", "h"] {
        assert_eq!(table.add(group, port.clone()), Ok(()));
    }
    assert!(table.remove("g", &port));
    let groups = table.registered[port.node()].groups.keys();
    assert_eq!(groups.map(|group| &**group).collect::<Vec<_>>(), ["h"]);
}

#[test]
fn nothing_is_told_of_a_group_that_nobody_watches() {
    let mut table = watched();
    table.watch("g");
    table.unwatch("g");
    table.unwatch("h");
    for group in ["g", "h", "i"] {
        assert_eq!(table.add(group, "a#1".into()), Ok(()));
    }
    let groups: Vec<_> = changes(&mut table).into_iter().map(|change| change.group).collect();
    assert_eq!(groups, ["g"]);
    assert_eq!((table.len(), table.names()), (3, ["g", "h", "i"].map(Arc::from).to_vec()));
}

/// As much as may be is taken, and no more.
#[test]
fn bounds_are_exact() {
    let (mut table, a) = (GroupTable::new(2), NodeId::from("a"));
    let longest = |more: usize| "x".repeat(LONGEST_NAME + more);
    assert_eq!(table.add(&longest(0), "a#1".into()), Ok(()));
    assert_eq!(table.add(&longest(1), "a#1".into()), Err(Refused::LongName));
    assert_eq!(table.add("g", "a#1".into()), Ok(()));
    assert_eq!(table.add("g", "a#2".into()), Err(Refused::TooMany { limit: 2 }));
    let wanted = |names: &[String]| {
        names.iter().map(|name| (name.clone(), BTreeSet::from([PortId::from("a#1")]))).collect()
    };
    let (g, h) = ("g".to_owned(), "h".to_owned());
    assert_eq!(table.set(&a, &wanted(&[longest(0), g.clone()])), Ok(()));
    assert_eq!(table.set(&a, &wanted(&[longest(1)])), Err(Refused::LongName));
    let three = wanted(&[longest(0), g, h]);
    assert_eq!(table.set(&a, &three), Err(Refused::TooMany { limit: 2 }));
}

#[test]
fn a_failure_is_remembered_as_long_as_the_port_is_in_any_group() {
    let mut table = watched();
    let (bad, good) = (PortId::from("a#1"), PortId::from("b#1"));
    let pick = |table: &mut GroupTable| {
        table.failed(good.clone());
        table.pick("g", Pick::LeastRecentlyFailed, |_| 0).unwrap()
    };
    table.failed(bad.clone());
    table.set(&"a".into(), &registered(&[("g", &["a#1"]), ("h", &["a#1"])])).unwrap();
    table.add("g", good.clone()).unwrap();
    assert_eq!(pick(&mut table), bad, "what failed in no group is not remembered");
    table.failed(bad.clone());
    assert_eq!(pick(&mut table), bad, "longer ago");
    table.failed(bad.clone());
    table.remove("h", &bad);
    assert_eq!(table.pick("g", Pick::LeastRecentlyFailed, |_| 0), Some(good.clone()));
    table.add("i", bad.clone()).unwrap();
    table.remove("g", &bad);
    table.add("g", bad.clone()).unwrap();
    assert_eq!(table.pick("g", Pick::LeastRecentlyFailed, |_| 0), Some(good.clone()));
    table.node_down(&"a".into());
    table.add("g", bad.clone()).unwrap();
    assert_eq!(table.pick("g", Pick::LeastRecentlyFailed, |_| 0), Some(bad));
}

#[test]
fn a_node_that_goes_takes_its_own_ports_only() {
    let mut table = watched();
    table.set(&"a".into(), &registered(&[("g", &["a#1", "a#2"]), ("h", &["a"])])).unwrap();
    table.set(&"b".into(), &registered(&[("g", &["b#1"])])).unwrap();
    assert_eq!(changes(&mut table).len(), 3);
    table.node_down(&"a".into());
    assert_eq!(changes(&mut table).len(), 2);
    assert_eq!(table.members("g"), [PortId::from("b#1")][..]);
    assert!(table.members("h").is_empty());
    table.node_down(&"a".into());
    assert!(changes(&mut table).is_empty());
}

#[test]
fn a_second_set_replaces_the_first() {
    let mut table = watched();
    table.set(&"a".into(), &registered(&[("g", &["a#1", "a#2"])])).unwrap();
    drop(table.take_changes());
    table.set(&"a".into(), &registered(&[("g", &["a#2", "a#3"])])).unwrap();
    let told = changes(&mut table);
    assert_eq!(told[0].added, [PortId::from("a#3")]);
    assert_eq!(told[0].removed, [PortId::from("a#1")]);
    assert_eq!(table.of_node(&"a".into()), registered(&[("g", &["a#2", "a#3"])]));
}

#[test]
fn a_node_has_no_more_registrations_than_the_limit() {
    let mut table = GroupTable::new(2);
    let refused = Err(Refused::TooMany { limit: 2 });
    assert_eq!(table.add("g", "a#1".into()), Ok(()));
    assert_eq!(table.add("h", "a#1".into()), Ok(()));
    assert_eq!(table.add("i", "a#1".into()), refused);
    assert_eq!(table.add("i", "b#1".into()), Ok(()), "each node has a bound of its own");
    assert_eq!(table.set(&"a".into(), &registered(&[("g", &["a#1", "a#2", "a#3"])])), refused);
    assert!(table.remove("g", &"a#1".into()));
    assert_eq!(table.add("i", "a#1".into()), Ok(()));
    let long = "n".repeat(LONGEST_NAME + 1);
    assert_eq!(table.add(&long, "b#1".into()), Err(Refused::LongName));
    assert_eq!(table.set(&"b".into(), &registered(&[(&long, &[])])), Err(Refused::LongName));
}

proptest! {
    /// The table is what its changes add up to, and its counts are those of what it holds.
    #[test]
    fn changes_add_up(steps in prop::collection::vec((0..4_u8, 0..3_usize, 0..2_usize, 0..5_u8), 0..60)) {
        let (nodes, groups) = (["a", "b", "c"], ["g", "h"]);
        let mut table = watched();
        let mut model: BTreeMap<&str, BTreeSet<PortId>> = BTreeMap::new();
        for (what, node, group, number) in steps {
            let port = PortId::from(format!("{}#{number}", nodes[node]).as_str());
            match what {
                0 => drop(table.add(groups[group], port)),
                1 => drop(table.remove(groups[group], &port)),
                2 => table.node_down(port.node()),
                _ => {
                    let wanted = BTreeSet::from([port.clone(), format!("{}#x", nodes[node]).as_str().into()]);
                    let wanted = BTreeMap::from([(groups[group].to_owned(), wanted)]);
                    table.set(port.node(), &wanted).unwrap();
                }
            }
            for change in table.take_changes() {
                let ports = model.entry(if change.group == "g" { "g" } else { "h" }).or_default();
                for port in change.removed {
                    prop_assert!(ports.remove(&port));
                }
                for port in change.added {
                    prop_assert!(ports.insert(port));
                }
                prop_assert!(change.ports.iter().eq(&*ports));
            }
            for group in groups {
                prop_assert!(table.members(group).iter().eq(model.entry(group).or_default().iter()));
            }
            for node in nodes.map(NodeId::from) {
                let held: usize = table.of_node(&node).values().map(BTreeSet::len).sum();
                let counted = table.registered.get(&node).map_or(0, |registered| registered.total);
                prop_assert_eq!(counted, held);
            }
        }
    }
}
