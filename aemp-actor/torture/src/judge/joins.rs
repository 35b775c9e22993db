//! Guarantee 13: nodes that seeds join find each other. (Whether they are all connected is seen
//! while it runs.)

use super::Judge;
use crate::plan::Plan;
use crate::record::{NodeNo, What};

impl Judge<'_> {
    /// At rest every node has joined that has no seed, or one that runs.
    pub(super) fn joins(&mut self, plan: &Plan) {
        let Some(rest) = self.record.settled.first().copied() else { return };
        let runs = |no: NodeNo| !self.node_ended(no, rest) && self.boots_before(no, rest);
        let running: Vec<NodeNo> = (0..self.record.nodes.len()).filter(|no| runs(*no)).collect();
        for no in &running {
            let host = self.record.host(*no);
            let seeds = plan.seeds_of(host);
            let there = running.iter().any(|other| seeds.contains(&self.record.host(*other)));
            let joined = self.record.events[..rest].iter();
            let joined = joined.filter(|event| event.what == What::Joined(*no)).count();
            if joined != 1 && (there || seeds.is_empty()) {
                let text = format!("{host} has joined {joined} times, its seeds being {seeds:?}");
                self.found(13, rest, &[], text);
            }
        }
    }

    fn boots_before(&self, no: NodeNo, moment: usize) -> bool {
        self.record.events[..moment].iter().any(|event| event.what == What::Boot(no))
    }
}
