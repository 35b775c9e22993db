//! [`Batch`]: what is written together.

use std::io::IoSlice;

use bytes::Bytes;

/// A part shorter than this is copied: that costs less than a slice of its own.
const COPIED: usize = 1 << 10;

/// What is written together: small packets and heads of chunks in one buffer, and in between parts of
/// large packets, which are not copied.
#[derive(Debug, Default)]
pub(super) struct Batch {
    small: Vec<u8>,
    /// Each with the length that `small` had when it was added.
    parts: Vec<(usize, Bytes)>,
    /// How many bytes the parts have.
    parted: usize,
}

impl Batch {
    pub(super) fn new(small: Vec<u8>) -> Self {
        Self { small, ..Self::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.small.len() + self.parted
    }

    pub(super) fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.small.extend_from_slice(bytes);
    }

    pub(super) fn push(&mut self, part: Bytes) {
        if part.len() < COPIED {
            self.small.extend_from_slice(&part);
        } else {
            self.parted += part.len();
            self.parts.push((self.small.len(), part));
        }
    }

    /// The buffer, to be used again.
    pub(super) fn into_buffer(self) -> Vec<u8> {
        self.small
    }

    /// All of it in one buffer, for streams that take one at a time.
    pub(super) fn joined(self) -> Self {
        if self.parts.is_empty() {
            return self;
        }
        let mut all = Vec::with_capacity(self.len());
        for piece in self.pieces() {
            all.extend_from_slice(piece);
        }
        Self::new(all)
    }

    /// The first slices of its bytes from `from` to `until`, as many as there is room for in `slices`;
    /// gives their number.
    pub(super) fn slices<'a>(
        &'a self,
        from: usize,
        until: usize,
        slices: &mut [IoSlice<'a>],
    ) -> usize {
        let (mut at, mut count) = (0, 0);
        for piece in self.pieces() {
            let start = from.saturating_sub(at).min(piece.len());
            let end = until.saturating_sub(at).min(piece.len());
            at += piece.len();
            if start < end {
                let Some(slice) = slices.get_mut(count) else { break };
                *slice = IoSlice::new(&piece[start..end]);
                count += 1;
            }
        }
        count
    }

    /// What it is made of, in order.
    fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.parts.iter().map(|(at, _)| *at));
        let ends = self.parts.iter().map(|(at, part)| (*at, &**part));
        let ends = ends.chain(std::iter::once((self.small.len(), &[][..])));
        starts.zip(ends).flat_map(|(start, (end, part))| [&self.small[start..end], part])
    }
}

#[cfg(test)]
impl Batch {
    pub(super) fn to_vec(&self) -> Vec<u8> {
        self.pieces().flatten().copied().collect()
    }
}

#[cfg(test)]
impl PartialEq for Batch {
    fn eq(&self, other: &Self) -> bool {
        self.to_vec() == other.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(batch: &Batch, from: usize, until: usize, most: usize) -> Vec<u8> {
        let mut slices = vec![IoSlice::new(&[]); most];
        let count = batch.slices(from, until, &mut slices);
        assert!(slices[..count].iter().all(|slice| !slice.is_empty()));
        slices[..count].iter().flat_map(|slice| slice.iter().copied()).collect()
    }

    #[test]
    fn slices_are_the_bytes_wherever_they_begin_and_end() {
        let mut batch = Batch::new(b"ab".to_vec());
        let large = Bytes::from(vec![1; COPIED]);
        batch.push(large.clone());
        batch.push(large.slice(1..));
        batch.extend_from_slice(b"c");
        batch.push(large.clone());
        batch.push(large);
        let all = batch.to_vec();
        assert_eq!((batch.parts.len(), batch.len()), (3, all.len()));
        let places = [0, 1, 2, 3, COPIED, 2 * COPIED + 1, 2 * COPIED + 2, all.len() - 1, all.len()];
        for from in places {
            for until in places.into_iter().filter(|until| *until >= from) {
                assert_eq!(read(&batch, from, until, 9), all[from..until]);
                let first = read(&batch, from, until, 1);
                assert!(all[from..until].starts_with(&first));
                assert_eq!(first.is_empty(), from == until, "there is progress");
            }
        }
        assert_eq!(batch.joined().into_buffer(), all);
    }
}
