//! Tasks of ports that have nothing to do. A node keeps no more than [`PLACES`] of them: the next message of
//! such a port needs no new task, and however many ports a node has, what the idle ones take is bounded.
//!
//! While all places are taken, one of [`TRIES`] that ask for one is given that of whoever has had his longest.
//! The others end: of more ports than places that are spoken to in turn, those that have a place keep it for a
//! while, and the others wake nobody who would have to end for them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Context;

use parking_lot::Mutex;

use super::run::Run;

/// How many ports of a node keep their task while they have nothing to do.
pub(super) const PLACES: usize = 1024;

/// How many have to ask for a place until one is taken from another.
const TRIES: u32 = 8;

/// The tasks that wait for messages.
///
/// A task enters once, and keeps its place until it is taken from it, whatever it does meanwhile: ports that
/// take turns with each other lock nothing here.
#[derive(Default)]
pub(crate) struct Standby {
    places: Mutex<Places>,
}

#[derive(Default)]
struct Places {
    runs: VecDeque<Arc<Run>>,
    /// Who has asked in vain since a place was taken.
    refused: u32,
}

impl Standby {
    /// The task of `cx`, which is that of `run`, waits for the first time; false when it is to end. The one that
    /// it has the place from is to end as soon as it has nothing to do.
    pub(super) fn enter(&self, run: &Arc<Run>, cx: &Context<'_>) -> bool {
        let mut places = self.places.lock();
        let is_full = places.runs.len() >= PLACES;
        if is_full && places.refused + 1 < TRIES {
            places.refused += 1;
            return false;
        }
        places.refused = 0;
        // Before anybody can retire it: a waker has to be found then.
        run.keep_waker(cx.waker());
        let oldest = if is_full { places.runs.pop_front() } else { None };
        places.runs.push_back(run.clone());
        drop(places);
        if let Some(waker) = oldest.and_then(|oldest| oldest.retire()) {
            waker.wake();
        }
        true
    }
}
