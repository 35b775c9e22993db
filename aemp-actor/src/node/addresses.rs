//! [`AddressBook`]: where the other nodes can be dialled, as far as is known.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aemp_transport::Address;
use parking_lot::Mutex;

use crate::id::NodeId;

/// Addresses that are remembered of one node.
pub(crate) const MAX_ADDRESSES: usize = 16;

/// The longest of them that others have told, as text: a host name has 253 characters.
pub(crate) const MAX_ADDRESS: usize = 300;

/// Nodes that are remembered.
const MAX_NODES: usize = 100_000;

/// Nodes that one other node has told of and that were never met.
const MAX_PER_TELLER: usize = 10_000;

/// The addresses of nodes. A leaf among the locks.
///
/// 1. A node that is configured stays. One that was met, which is connected or was, goes when it was
///    sought in vain; one that was only heard of, when it cannot be reached.
/// 2. At most [`MAX_PER_TELLER`] are known by hearsay of one teller, and [`MAX_NODES`] in all: the one
///    that was heard of first makes room, else the one that was met first. So whatever members tell,
///    a node that is connected is remembered.
/// 3. Of a node at most [`MAX_ADDRESSES`] are known, the newest first: a node that moved is found
///    again. Where it was found goes last.
#[derive(Default)]
pub(crate) struct AddressBook {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    nodes: HashMap<NodeId, Entry>,
    /// Those that were heard of, and those that were met, by age.
    heard: BTreeMap<u64, NodeId>,
    met: BTreeMap<u64, NodeId>,
    /// Those that were heard of of each teller.
    by_teller: HashMap<NodeId, BTreeSet<u64>>,
    next: u64,
}

struct Entry {
    addresses: Vec<Known>,
    standing: Standing,
    /// The node that has told of it last.
    teller: Option<NodeId>,
    age: u64,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Standing {
    Configured,
    Met,
    Heard(NodeId),
}

struct Known {
    address: Address,
    /// The node was found there, having proved itself, or the configuration says that it is.
    found: bool,
}

impl AddressBook {
    /// The configuration says where the node is.
    pub(super) fn configure(&self, node: &NodeId, addresses: Vec<Address>) {
        let known = addresses.into_iter().map(|address| Known { address, found: true }).collect();
        self.inner.lock().insert(node, known, Standing::Configured);
    }

    /// The node, which is connected, says where it is.
    pub(crate) fn located(&self, node: &NodeId, addresses: Vec<Address>) {
        self.inner.lock().add(node, addresses, false, Standing::Met);
    }

    /// The node was found at this address.
    pub(crate) fn found(&self, node: &NodeId, address: &Address) {
        self.inner.lock().add(node, vec![address.clone()], true, Standing::Met);
    }

    /// Whoever is at this address says that it is the node, which is connected, and does not prove it:
    /// it is the last place to look for it.
    pub(crate) fn seems_at(&self, node: &NodeId, address: &Address) {
        let mut inner = self.inner.lock();
        let entry = inner.entry(node, &Standing::Met);
        if entry.addresses.len() < MAX_ADDRESSES && entry.find(address).is_none() {
            entry.addresses.push(Known { address: address.clone(), found: false });
        }
    }

    /// Another node says where the node is.
    pub(crate) fn heard(&self, node: &NodeId, addresses: Vec<Address>, teller: &NodeId) {
        let mut inner = self.inner.lock();
        inner.add(node, addresses, false, Standing::Heard(teller.clone()));
        if let Some(entry) = inner.nodes.get_mut(node) {
            entry.teller = Some(teller.clone());
        }
    }

    /// Which other node has told of the node last.
    pub(crate) fn teller(&self, node: &NodeId) -> Option<NodeId> {
        self.inner.lock().nodes.get(node).and_then(|entry| entry.teller.clone())
    }

    /// The node cannot be reached.
    pub(crate) fn unreachable(&self, node: &NodeId) {
        let mut inner = self.inner.lock();
        if inner.nodes.get(node).is_some_and(|entry| matches!(entry.standing, Standing::Heard(_))) {
            inner.remove(node);
        }
    }

    /// The node was sought in vain.
    pub(crate) fn sought_in_vain(&self, node: &NodeId) {
        let mut inner = self.inner.lock();
        if inner.nodes.get(node).is_some_and(|entry| entry.standing != Standing::Configured) {
            inner.remove(node);
        }
    }

    /// Where the node can be dialled.
    pub(crate) fn of(&self, node: &NodeId) -> Vec<Address> {
        let inner = self.inner.lock();
        let known = inner.nodes.get(node).into_iter().flat_map(|entry| &entry.addresses);
        known.map(|known| known.address.clone()).collect()
    }

    /// Whether somebody has said that the node is there, and it was not found there so far.
    pub(crate) fn is_hearsay(&self, node: &NodeId, address: &Address) -> bool {
        let mut inner = self.inner.lock();
        let known = inner.nodes.get_mut(node).and_then(|entry| entry.find(address));
        known.is_some_and(|known| !known.found)
    }

    pub(crate) fn knows(&self, node: &NodeId) -> bool {
        self.inner.lock().nodes.contains_key(node)
    }

    /// The nodes of which an address is known.
    pub(super) fn nodes(&self) -> Vec<NodeId> {
        self.inner.lock().nodes.keys().cloned().collect()
    }
}

impl Entry {
    fn find(&mut self, address: &Address) -> Option<&mut Known> {
        self.addresses.iter_mut().find(|known| known.address == *address)
    }

    fn add(&mut self, address: Address, found: bool) {
        if let Some(known) = self.find(&address) {
            known.found |= found;
            return;
        }
        self.addresses.insert(0, Known { address, found });
        if self.addresses.len() > MAX_ADDRESSES {
            let unproved = self.addresses.iter().rposition(|known| !known.found);
            let last = unproved.filter(|index| *index > 0).unwrap_or(MAX_ADDRESSES);
            self.addresses.remove(last);
        }
    }
}

impl Inner {
    fn add(&mut self, node: &NodeId, addresses: Vec<Address>, found: bool, standing: Standing) {
        if addresses.is_empty() {
            return;
        }
        let entry = self.entry(node, &standing);
        for address in addresses {
            entry.add(address, found);
        }
    }

    /// The entry of a node, made or raised to this standing.
    fn entry(&mut self, node: &NodeId, standing: &Standing) -> &mut Entry {
        let known = self.nodes.get(node).map(|entry| &entry.standing);
        let rises = matches!((known, standing), (Some(Standing::Heard(_)), Standing::Met));
        if known.is_none() || rises {
            let addresses = self.remove(node).map_or_else(Vec::new, |entry| entry.addresses);
            self.insert(node, addresses, standing.clone());
        }
        self.nodes.get_mut(node).expect("it was inserted")
    }

    fn insert(&mut self, node: &NodeId, addresses: Vec<Known>, standing: Standing) {
        self.make_room(&standing);
        let age = self.next;
        self.next += 1;
        match &standing {
            Standing::Heard(teller) => {
                self.heard.insert(age, node.clone());
                self.by_teller.entry(teller.clone()).or_default().insert(age);
            }
            Standing::Met => drop(self.met.insert(age, node.clone())),
            Standing::Configured => {}
        }
        self.nodes.insert(node.clone(), Entry { addresses, standing, teller: None, age });
    }

    fn make_room(&mut self, standing: &Standing) {
        let full = self.nodes.len() >= MAX_NODES;
        let mut leaves = full.then(|| self.heard.values().chain(self.met.values()).next());
        if let Standing::Heard(teller) = standing
            && let Some(told) =
                self.by_teller.get(teller).filter(|told| told.len() >= MAX_PER_TELLER)
        {
            leaves = Some(told.first().and_then(|age| self.heard.get(age)));
        }
        if let Some(node) = leaves.flatten().cloned() {
            self.remove(&node);
        }
    }

    fn remove(&mut self, node: &NodeId) -> Option<Entry> {
        let entry = self.nodes.remove(node)?;
        self.met.remove(&entry.age);
        self.heard.remove(&entry.age);
        if let Standing::Heard(teller) = &entry.standing
            && let Some(told) = self.by_teller.get_mut(teller)
        {
            told.remove(&entry.age);
            if told.is_empty() {
                self.by_teller.remove(teller);
            }
        }
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: impl std::fmt::Display) -> NodeId {
        NodeId::from(text.to_string())
    }

    fn address(n: usize) -> Address {
        format!("h:{n}").parse().unwrap()
    }

    #[test]
    fn the_newest_address_comes_first_and_where_the_node_was_found_stays() {
        let (book, a) = (AddressBook::default(), node("a"));
        book.heard(&a, vec![address(1), address(2)], &node("b"));
        assert_eq!(book.of(&a), [address(2), address(1)]);
        book.found(&a, &address(1));
        assert!(!book.is_hearsay(&a, &address(1)) && book.is_hearsay(&a, &address(2)));
        book.seems_at(&a, &address(3));
        assert_eq!(book.of(&a), [address(2), address(1), address(3)]);
        book.heard(&a, (10..100).map(address).collect(), &node("b"));
        assert_eq!(book.of(&a).len(), MAX_ADDRESSES);
        assert_eq!(book.of(&a)[0], address(99));
        assert!(book.of(&a).contains(&address(1)), "whatever others say");
    }

    #[test]
    fn what_one_teller_makes_a_node_remember_is_bounded() {
        let (book, evil) = (AddressBook::default(), node("evil"));
        book.heard(&node("true"), vec![address(1)], &node("good"));
        for n in 0..3 * MAX_PER_TELLER {
            book.heard(&node(n), vec![address(1)], &evil);
        }
        assert_eq!(book.nodes().len(), MAX_PER_TELLER + 1);
        assert!(book.knows(&node("true")) && !book.knows(&node(0)));
    }

    #[test]
    fn a_full_table_leaves_nobody_out_who_is_met() {
        let book = AddressBook::default();
        for n in 0..MAX_NODES + 10 {
            book.heard(&node(n), vec![address(1)], &node(n % 11));
        }
        assert_eq!(book.nodes().len(), MAX_NODES);
        for name in ["late", "later"] {
            book.located(&node(name), vec![address(1)]);
            assert!(book.knows(&node(name)));
        }
        assert_eq!(book.nodes().len(), MAX_NODES);
        for n in 0..2 * MAX_NODES {
            book.located(&node(format_args!("met{n}")), vec![address(1)]);
        }
        assert_eq!((book.nodes().len(), book.inner.lock().met.len()), (MAX_NODES, MAX_NODES));
        assert!(book.inner.lock().heard.is_empty() && book.inner.lock().by_teller.is_empty());
    }

    #[test]
    fn who_cannot_be_reached_is_forgotten() {
        let book = AddressBook::default();
        let of = |name| (node(name), vec![address(1)]);
        let (configured, met, heard) = (of("configured"), of("met"), of("heard"));
        book.configure(&configured.0, configured.1);
        book.heard(&met.0, met.1.clone(), &node("teller"));
        book.located(&met.0, met.1);
        book.heard(&heard.0, heard.1, &node("teller"));
        let all = [&configured.0, &met.0, &heard.0];
        all.iter().for_each(|node| book.unreachable(node));
        assert_eq!(all.map(|node| book.knows(node)), [true, true, false]);
        all.iter().for_each(|node| book.sought_in_vain(node));
        assert_eq!(all.map(|node| book.knows(node)), [true, false, false]);
    }
}
