//! What the methods of handles take for an argument: whatever converts, also in an `Option` or a `Vec`.

// What is borrowed here is so on purpose.
#![allow(clippy::needless_borrows_for_generic_args, clippy::cloned_ref_to_slice_refs)]

use aemp_actor::prelude::*;

/// Whoever is told what it was given.
#[protocol]
trait Clerk {
    fn note(&self, title: Option<String>, tags: Vec<String>) -> String;
    fn meet(&self, first: Option<ClerkRef>, others: Vec<ClerkRef>) -> Vec<PortId>;
}

#[derive(Port)]
#[port(protocols(Clerk))]
struct Office;

#[rcv]
impl Office {
    fn ids(&self, first: Option<PortId>, others: Vec<PortId>, nodes: Vec<NodeId>) -> Vec<String> {
        let ids = first.into_iter().chain(others).map(|id| id.to_string());
        ids.chain(nodes.iter().map(NodeId::to_string)).collect()
    }
    fn offices(&self, first: Option<OfficeRef>, others: Vec<OfficeRef>) -> usize {
        usize::from(first.is_some()) + others.len()
    }
    /// What holds nothing that converts is taken as it is, and so is what is nested deeper.
    fn plain(&self, count: Option<u32>, all: Vec<u64>, deep: Option<Vec<String>>) -> usize {
        count.is_some() as usize + all.len() + deep.map_or(0, |deep| deep.len())
    }
    fn values(&self, values: Vec<Value>) -> usize {
        values.len()
    }
    #[rcv(local)]
    fn lend(&self, names: Vec<Box<str>>, bytes: Option<bytes::Bytes>) -> usize {
        names.len() + bytes.map_or(0, |bytes| bytes.len())
    }
}

#[rcv]
impl Clerk for Office {
    fn note(&mut self, title: Option<String>, tags: Vec<String>) -> String {
        format!("{title:?} {tags:?}")
    }
    fn meet(&mut self, first: Option<ClerkRef>, others: Vec<ClerkRef>) -> Vec<PortId> {
        first.iter().chain(&others).map(ProtocolRef::id).collect()
    }
}

#[tokio::test]
async fn texts_convert_in_options_and_lists() {
    let node = Node::local();
    let clerk = ClerkRef::from(node.port(Office));
    let (text, texts) = (String::from("a"), vec![String::from("b"), String::from("c")]);
    let (some, none): (Option<&str>, Option<&str>) = (Some("a"), None);
    let expected = r#"Some("a") ["b", "c"]"#;
    for call in [
        clerk.note(Some("a"), vec!["b", "c"]),
        clerk.note(some, ["b", "c"]),
        clerk.note(Some(&text), &["b", "c"]),
        clerk.note(Some(text.clone()), &["b", "c"][..]),
        clerk.note(&Some(text.clone()), &texts),
        clerk.note(Some('a'), &texts[..]),
        clerk.note(Some(text), texts),
    ] {
        assert_eq!(call.await.unwrap(), expected);
    }
    // Nothing has no type of its own: it is named.
    assert_eq!(clerk.note(none, Vec::<String>::new()).await.unwrap(), "None []");
    assert_eq!(clerk.note(None::<String>, [""; 0]).await.unwrap(), "None []");
}

#[tokio::test]
async fn handles_and_ids_convert_in_options_and_lists() {
    let node = Node::local();
    let office = node.port(Office);
    let clerk = office.clerk();
    let id = office.id();
    for met in [
        clerk.meet(Some(&clerk), vec![&clerk]),
        clerk.meet(Some(&office), vec![&office]),
        clerk.meet(Some(office.clone()), [office.id()]),
        clerk.meet(Some(clerk.clone()), vec![clerk.clone()]),
        clerk.meet(Some(&id), &[&office]),
    ] {
        assert_eq!(met.await.unwrap(), [id.clone(), id.clone()]);
    }
    assert_eq!(office.offices(Some(&office), vec![&office, &office]).await, Ok(3));
    assert_eq!(office.offices(Some(&id), &[office.clone()]).await, Ok(2));
    let told = office.ids(Some(&office), vec![&clerk], [node.id()]).await.unwrap();
    assert_eq!(told, [id.to_string(), id.to_string(), node.id().to_string()]);
    let told = office.ids(Some("a#1"), ["b#2"], vec!["c"]).await.unwrap();
    assert_eq!(told, ["a#1", "b#2", "c"]);
}

#[tokio::test]
async fn other_options_and_lists_are_taken_as_they_are() {
    let node = Node::local();
    let office = node.port(Office);
    // What they hold is known without being named.
    assert_eq!(office.plain(None, vec![], None).await, Ok(0));
    let deep = "a b".split(' ').map(str::to_owned).collect();
    assert_eq!(office.plain(Some(1), [1, 2].into(), Some(deep)).await, Ok(5));
    assert_eq!(office.values(vec!["a".into(), 1.into()]).await, Ok(2));
    assert_eq!(office.values(vec![]).await, Ok(0));
    assert_eq!(office.lend(vec!["a", "b"], Some(vec![1_u8, 2])).await, Ok(4));
}
