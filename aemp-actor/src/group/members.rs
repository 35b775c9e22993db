//! [`Members`]: a sorted list that is cheap to change and cheap to copy.

use std::fmt;
use std::sync::Arc;

use crate::id::{NodeId, PortId};

/// So many members are kept together: a change copies so many at the most, and a copy of the list is
/// one reference for each such piece.
const PIECE: usize = 256;

/// The members of a group, sorted. A clone shares what it holds with the list that it was cloned
/// from, so that being told of each change of a large group costs little.
#[derive(Clone, Default)]
pub struct Members {
    /// Sorted, none empty; all of one are below all of the next.
    pieces: Vec<Arc<Vec<PortId>>>,
    len: usize,
}

impl Members {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The members, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &PortId> {
        self.pieces.iter().flat_map(|piece| piece.iter())
    }

    /// Whether the port is one of them.
    pub fn contains(&self, port: &PortId) -> bool {
        self.place(port).1.is_ok()
    }

    /// Copies them.
    pub fn to_vec(&self) -> Vec<PortId> {
        self.iter().cloned().collect()
    }

    /// Member number `index`.
    pub(super) fn nth(&self, mut index: usize) -> Option<&PortId> {
        for piece in &self.pieces {
            if let Some(port) = piece.get(index) {
                return Some(port);
            }
            index -= piece.len();
        }
        None
    }

    /// Those above `port`, sorted.
    pub(super) fn after(&self, port: &PortId) -> impl Iterator<Item = &PortId> {
        let (piece, index) = match self.place(port) {
            (piece, Ok(index)) => (piece, index + 1),
            (piece, Err(index)) => (piece, index),
        };
        self.pieces[piece..].iter().flat_map(|piece| piece.iter()).skip(index)
    }

    /// Those of a node, sorted.
    pub(super) fn of_node(&self, node: &NodeId) -> impl Iterator<Item = &PortId> {
        // The node port is the first, and may be one of them.
        let first = PortId::of_node(node.clone());
        let (piece, index) = self.place(&first);
        let (Ok(index) | Err(index)) = index;
        let from = self.pieces[piece..].iter().flat_map(|piece| piece.iter()).skip(index);
        from.take_while(move |port| port.node() == first.node())
    }

    /// False when it is one already.
    pub(super) fn insert(&mut self, port: PortId) -> bool {
        let (mut piece, Err(mut index)) = self.place(&port) else { return false };
        if piece == self.pieces.len() {
            match self.pieces.last() {
                Some(last) => (piece, index) = (piece - 1, last.len()),
                None => self.pieces.push(Arc::default()),
            }
        }
        let ports = Arc::make_mut(&mut self.pieces[piece]);
        ports.insert(index, port);
        if ports.len() > PIECE {
            // What comes in order leaves full pieces behind.
            let tail = ports.split_off(if index == PIECE { PIECE } else { PIECE / 2 });
            self.pieces.insert(piece + 1, Arc::new(tail));
        }
        self.len += 1;
        true
    }

    /// False when it is none.
    pub(super) fn remove(&mut self, port: &PortId) -> bool {
        let (piece, Ok(index)) = self.place(port) else { return false };
        let next = self.pieces.get(piece + 1).map_or(PIECE, |next| next.len());
        let ports = Arc::make_mut(&mut self.pieces[piece]);
        ports.remove(index);
        if ports.is_empty() {
            self.pieces.remove(piece);
        } else if ports.len() + next <= PIECE / 2 {
            let next = self.pieces.remove(piece + 1);
            Arc::make_mut(&mut self.pieces[piece]).extend(next.iter().cloned());
        }
        self.len -= 1;
        true
    }

    /// The piece that holds the port, or would, and where in it; behind all, the piece is one too
    /// many.
    fn place(&self, port: &PortId) -> (usize, Result<usize, usize>) {
        let is_below = |piece: &Arc<Vec<PortId>>| piece.last().is_some_and(|last| last < port);
        let piece = self.pieces.partition_point(is_below);
        (piece, self.pieces.get(piece).map_or(Err(0), |ports| ports.binary_search(port)))
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Eq for Members {}

impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl PartialEq<[PortId]> for Members {
    fn eq(&self, other: &[PortId]) -> bool {
        self.iter().eq(other)
    }
}

impl PartialEq<Vec<PortId>> for Members {
    fn eq(&self, other: &Vec<PortId>) -> bool {
        *self == other[..]
    }
}

impl PartialEq<Members> for Vec<PortId> {
    fn eq(&self, other: &Members) -> bool {
        *other == self[..]
    }
}

impl FromIterator<PortId> for Members {
    fn from_iter<I: IntoIterator<Item = PortId>>(ports: I) -> Self {
        let mut members = Self::default();
        for port in ports {
            members.insert(port);
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn port(node: u8, number: u32) -> PortId {
        format!("{}#{number}", char::from(b'a' + node)).as_str().into()
    }

    /// So that being told of each change costs no more in a large group than in a small one.
    #[test]
    fn a_change_copies_one_piece() {
        let mut members: Members = (0..10_000).map(|number| port(0, number)).collect();
        let before = members.clone();
        assert!(members.remove(&port(0, 5000)) && members.insert(port(1, 0)));
        let shared = |piece: &Arc<Vec<PortId>>| before.pieces.iter().any(|p| Arc::ptr_eq(p, piece));
        let copied = members.pieces.iter().filter(|piece| !shared(piece)).count();
        assert!(copied <= 2, "{copied} of {} pieces", members.pieces.len());
    }

    proptest! {
        #[test]
        fn it_is_a_sorted_set(
            changes in prop::collection::vec(any::<(bool, u16)>(), 0..3000),
            snapshot_at in 0..3000_usize,
        ) {
            let (mut members, mut set) = (Members::default(), BTreeSet::new());
            let mut snapshot = None;
            for (index, (insert, number)) in changes.into_iter().enumerate() {
                if index == snapshot_at {
                    snapshot = Some((members.clone(), set.clone()));
                }
                let port = port((number % 3) as u8, u32::from(number % 1500));
                if insert || index < 1000 {
                    prop_assert_eq!(members.insert(port.clone()), set.insert(port));
                } else {
                    prop_assert_eq!(members.remove(&port), set.remove(&port));
                }
            }
            for (members, set) in snapshot.into_iter().chain([(members, set)]) {
                prop_assert!(members.iter().eq(&set));
                prop_assert_eq!(members.len(), set.len());
                prop_assert!(members.pieces.iter().all(|piece| (1..=PIECE).contains(&piece.len())));
                for node in ["a", "b", "c", "d"].map(NodeId::from) {
                    prop_assert!(members.of_node(&node).eq(set.iter().filter(|p| *p.node() == node)));
                }
                for at in [port(0, 0), port(1, 700), port(2, 1499), port(3, 0)] {
                    prop_assert!(members.after(&at).eq(set.iter().filter(|port| **port > at)));
                    prop_assert_eq!(members.contains(&at), set.contains(&at));
                }
                for index in [0, 1, 255, 256, 999, 5000] {
                    prop_assert_eq!(members.nth(index), set.iter().nth(index));
                }
            }
        }
    }
}
